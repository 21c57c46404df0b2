"""Child processes: their logs with a prefix, their end, and that they don't outlive the launcher."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from .errors import ChildEndedError, StartError
from .steps import say

LONGEST_LINE = 65536
"""Bytes of a log line that is shown; a longer one is left out."""


class Child:
    """A process that should run until it is stopped."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, patience: float) -> None:
        self.name = name
        self._patience = patience
        self._process = process
        self._logs = asyncio.create_task(self._print_logs(), name=f"logs of {name}")

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        folder: Path,
        patience: float,
    ) -> Self:
        """Start the program, which later may take ``patience`` seconds to stop.

        Raises:
            StartError: It can't be executed.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=environment,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=LONGEST_LINE,
                # Ctrl+C reaches the launcher alone, which then stops the others in order.
                process_group=0,
                preexec_fn=_end_with_parent(),
            )
        except OSError as exc:
            raise StartError(f"{name} can't be started: {exc.strerror}.") from exc
        return cls(name, process, patience)

    async def until_ready(self, is_ready: Callable[[], Awaitable[bool]], *, timeout: float) -> None:
        """Wait until ``is_ready`` says so, for ``timeout`` seconds at most.

        Raises:
            ChildEndedError: The process ended instead.
            StartError: It took too long.
        """
        try:
            async with asyncio.timeout(timeout):
                while not await is_ready():
                    if self._process.returncode is not None:
                        await self.watch()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise StartError(f"{self.name} was not ready within {timeout:.0f} s.") from None

    async def watch(self) -> None:
        """Wait for the end of the process, which nobody asked for.

        Raises:
            ChildEndedError: Always.
        """
        returncode = await self._process.wait()
        await self._logs
        raise ChildEndedError(self.name, returncode)

    async def stop(self) -> None:
        """Ask the process to end, and make it end when it takes too long."""
        self._send(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._patience):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        await self._logs

    def kill(self) -> None:
        """End the process, and what it may have started, at once."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _print_logs(self) -> None:
        output = self._process.stdout
        assert output is not None  # noqa: S101  # It was asked for.
        async for line in _lines(output):
            say(f"{self.name:>10} | {line.decode(errors='replace').rstrip()}")


async def _lines(output: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield every line; one that is too long is replaced by a note."""
    at_end = is_too_long = False
    while not at_end:
        try:
            line = await output.readuntil()
        except asyncio.LimitOverrunError as exc:
            await output.readexactly(exc.consumed)
            is_too_long = True
            continue
        except asyncio.IncompleteReadError as exc:
            line, at_end = exc.partial, True
        if is_too_long:
            yield b"(a line that is too long to be shown)"
        elif line:
            yield line
        is_too_long = False


def _end_with_parent() -> Callable[[], None] | None:
    """Return what a child does first: ask Linux to kill it when the launcher dies, however it dies.

    Elsewhere children end with an orderly launcher only.
    """
    if sys.platform != "linux":
        return None
    prctl, parent, set_parent_death_signal = ctypes.CDLL(None).prctl, os.getpid(), 1

    def ask() -> None:
        prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:  # It died before we could ask.
            os._exit(1)

    return ask
