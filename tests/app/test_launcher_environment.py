"""The first thing that ``make`` runs: an environment, or one sentence that says what is missing."""

import asyncio
import hashlib
import sys
from pathlib import Path

from proxy_app.launcher.environment import is_installed, make_venv
from proxy_app.launcher.places import unused_port
from tests.stack.processes import inherited_environment

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "proxy_app" / "launcher" / "environment.py"


async def run(*arguments: str | Path, **variables: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", SCRIPT, *arguments),
        env=inherited_environment() | variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 50)
    return process.returncode, out.decode()


async def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    # Debian's Python is one, until the package with the module is installed.
    (tmp_path / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")

    code, said = await run("--venv", tmp_path / "venv", "go", PYTHONPATH=str(tmp_path))

    assert code == 1
    assert said.count("\n") == 1
    assert f"apt install python{sys.version_info.major}.{sys.version_info.minor}-venv" in said


async def test_an_index_that_is_away_is_told_and_nothing_counts_as_installed(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    index = f"http://127.0.0.1:{unused_port()}/simple"
    away = {"PIP_INDEX_URL": index, "PIP_RETRIES": "0", "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1"}

    code, said = await run("--venv", venv, "go", "-c", "print('went on')", **away)

    assert code == 1
    assert said.splitlines()[-1].startswith("requirements/go.txt could not be installed;")
    assert "went on" not in said
    assert not is_installed("go", venv)


async def test_what_is_installed_already_is_left_alone_and_the_command_goes_on(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    make_venv(venv)
    lock = (ROOT / "requirements" / "go.txt").read_bytes()
    (venv / ".installed-go").write_text(hashlib.sha256(lock).hexdigest())
    code = "import os, sys; print(sys.prefix, os.environ['CHAT_STARTED_AT'])"

    exit_code, said = await run("--venv", venv, "go", "-c", code)

    assert exit_code == 0
    prefix, began = said.split()
    assert prefix == str(venv)
    assert float(began) > 0
