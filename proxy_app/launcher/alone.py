"""Keeps two starts in the same folder from building at the same time."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .steps import Steps

if sys.platform != "win32":
    import fcntl


@asynccontextmanager
async def alone(file: Path, steps: Steps) -> AsyncIterator[None]:
    """Hold a lock that ends with this process at the latest; wait while somebody else has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        if sys.platform != "win32":
            told = False
            while not _taken(lock.fileno()):
                if not told:
                    steps.say("Another start is preparing things in this folder; waiting for it.")
                told = True
                await asyncio.sleep(0.2)
        yield


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
