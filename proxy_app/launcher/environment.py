"""The virtual environment: made once, and filled again only when a lock file has changed.

Runs as a script before anything is installed, so it uses the standard library only.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class EnvironmentSetupError(Exception):
    """Something could not be installed; the message is one sentence that says what to do."""


def venv_python(venv: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_venv(venv: Path) -> None:
    """Make the virtual environment unless there is one that works.

    Raises:
        EnvironmentSetupError: This Python can't make one.
    """
    python = venv_python(venv)
    if python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0:
        return
    try:
        import ensurepip  # noqa: F401
        import venv as _  # noqa: F401
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise EnvironmentSetupError(
            "Python's module venv is missing: install it (Debian and Ubuntu: "
            f"'apt install python{version}-venv'), then try again."
        ) from None
    shutil.rmtree(venv, ignore_errors=True)
    if subprocess.run([sys.executable, "-m", "venv", venv], check=False).returncode != 0:
        raise EnvironmentSetupError(
            f"The virtual environment {venv} could not be made; the reason stands above."
        )


def is_installed(name: str, venv: Path) -> bool:
    """Whether ``requirements/<name>.txt``, as it is now, has been installed completely."""
    stamp = _stamp(name, venv)
    return stamp.is_file() and stamp.read_text() == _fingerprint(name)


def install(name: str, venv: Path, *, options: tuple[str, ...] = ()) -> None:
    """Install ``requirements/<name>.txt``, every file checked against its hash.

    Raises:
        EnvironmentSetupError: pip failed; what it printed has been shown.
    """
    if is_installed(name, venv):
        return
    stamp = _stamp(name, venv)
    stamp.unlink(missing_ok=True)
    command = [
        venv_python(venv),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--require-hashes", *options, "--requirement", _lock_file(name)]
    if subprocess.run(command, check=False).returncode != 0:
        raise EnvironmentSetupError(
            f"requirements/{name}.txt could not be installed; the reason stands above. "
            "Is the package index within reach?"
        )
    stamp.write_text(_fingerprint(name))


def _lock_file(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def _stamp(name: str, venv: Path) -> Path:
    return venv / f".installed-{name}"


def _fingerprint(name: str) -> str:
    return hashlib.sha256(_lock_file(name).read_bytes()).hexdigest()


def main() -> int:
    """Make the environment and install the named lock files into it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a file of requirements/, without .txt")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        make_venv(arguments.venv)
        for name in arguments.names:
            if not is_installed(name, arguments.venv):
                print(f"[  ... ] installing requirements/{name}.txt into {arguments.venv.name}", flush=True)
                install(name, arguments.venv)
                print(f"[{time.monotonic() - started:5.1f} s] installed requirements/{name}.txt", flush=True)
    except EnvironmentSetupError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
