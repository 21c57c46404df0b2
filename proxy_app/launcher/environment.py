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
STARTED_AT = "CHAT_STARTED_AT"
"""Variable that tells the command that follows when it all began, in seconds since 1970."""


class InstallError(Exception):
    """Something could not be installed; the message says what to do."""


def venv_python(venv: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_venv(venv: Path) -> None:
    """Make the virtual environment unless there is one that works.

    Raises:
        InstallError: This Python can't make one.
    """
    python = venv_python(venv)
    if python.exists() and subprocess.run([python, "-c", "import pip"], check=False).returncode == 0:
        return
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise InstallError(
            "This Python can't make virtual environments: install its module venv "
            f"(Debian and Ubuntu: 'apt install python{version}-venv'), then try again."
        ) from None
    shutil.rmtree(venv, ignore_errors=True)
    if subprocess.run([sys.executable, "-m", "venv", venv], check=False).returncode != 0:
        raise InstallError(f"The virtual environment {venv} could not be made; the reason stands above.")


def is_installed(name: str, venv: Path) -> bool:
    """Whether ``requirements/<name>.txt``, as it is now, has been installed completely."""
    stamp = _stamp(name, venv)
    return stamp.is_file() and stamp.read_text() == _fingerprint(name)


def install(name: str, venv: Path, options: list[str]) -> None:
    """Install ``requirements/<name>.txt`` with pip, every file checked against its hash.

    Raises:
        InstallError: pip failed; what it had to say stands above.
    """
    stamp = _stamp(name, venv)
    stamp.unlink(missing_ok=True)
    command = [str(venv_python(venv)), "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes"]
    command += ["--disable-pip-version-check", *options, "--requirement", str(_lock_file(name))]
    if subprocess.run(command, check=False).returncode != 0:
        raise InstallError(
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
    """Make the environment, install what was named, then become the command that follows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    parser.add_argument("--no-deps", action="store_true", help="install nothing beside what is listed")
    parser.add_argument("name", help="a file of requirements/, without .txt")
    parser.add_argument("then", nargs=argparse.REMAINDER, help="arguments of the Python to go on with")
    arguments = parser.parse_args()
    began = time.time()
    name, venv = arguments.name, arguments.venv
    try:
        make_venv(venv)
        if not is_installed(name, venv):
            print(f"[   ...] installing requirements/{name}.txt", flush=True)
            install(name, venv, ["--no-deps"] if arguments.no_deps else [])
            print(f"[{time.time() - began:4.1f} s] installing requirements/{name}.txt", flush=True)
    except InstallError as exc:
        print(exc, file=sys.stderr)
        return 1
    if arguments.then:
        python = str(venv_python(venv))
        os.execve(python, [python, *arguments.then], os.environ | {STARTED_AT: str(began)})  # noqa: S606
    return 0


if __name__ == "__main__":
    sys.exit(main())
