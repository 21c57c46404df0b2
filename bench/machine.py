"""What it was measured on."""

import platform
import re
from importlib.metadata import version

import psutil  # type: ignore[import-untyped]

from tests.stack import Stack
from tests.stack.processes import PROJECT

_LIBRARIES = ("aiohttp", "httpx2", "openai", "orjson", "uvloop")
_GO_MODULES = PROJECT / "centrifugo" / "embedded" / "go.mod"


def machine() -> str:
    """Return the size of this machine and what Python runs on it."""
    memory = psutil.virtual_memory().total / 1024**3
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{psutil.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}, {libraries}"
    )


def busy() -> float:
    """Return how many cores are busy at the moment, by whatever; measured over a second."""
    return float(psutil.cpu_percent(interval=1) / 100 * psutil.cpu_count())


async def centrifugo(stack: Stack) -> str:
    """Return which Centrifugo runs, as it says itself."""
    if stack.centrifugo.kind == "embedded":
        library = re.search(r"centrifugal/centrifuge (v\S+)", _GO_MODULES.read_text())
        return f"Embedded node ({library[0] if library else 'of unknown library'}, memory engine)"
    (node,) = (await stack.centrifugo.api("info", {}))["nodes"]
    return f"Centrifugo {node['version']} (memory engine)"
