"""The processes of a benchmark, and what they have used of the machine."""

import ctypes
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.stack.processes import Child, unused_ports


class Program(Child):
    """A program of the benchmark that serves HTTP on a port of its own."""

    def __init__(self, module: str, environment: Mapping[str, str], directory: Path) -> None:
        (port,) = unused_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", module, "--port", str(port)]
        super().__init__(module, command, environment, f"{self.url}/health", directory / f"{module}.log")


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[Program]:
    """Start a program, and end it with the block, whatever it is at."""
    try:
        await program.start()
        yield program
    finally:
        if await program.alive():
            await program.kill()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, in seconds, its threads included."""
    library, clock = ctypes.CDLL(None), ctypes.c_int()
    if hasattr(library, "clock_getcpuclockid") and not library.clock_getcpuclockid(pid, ctypes.byref(clock)):
        return time.clock_gettime(clock.value)
    # Elsewhere than on Linux, in steps of 10 ms.
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def resident(pid: int) -> int:
    """Return the memory that a process holds, in bytes."""
    return int(psutil.Process(pid).memory_info().rss)
