"""Real processes that can be started, stopped, killed and paused, and whose log is kept."""

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import aiohttp

Found = TypeVar("Found")

PROJECT = Path(__file__).resolve().parents[2]
"""The root of the repository."""
LONGEST_START = 30.0
"""Seconds that a process may take until it answers."""
LONGEST_STOP = 30.0
"""Seconds that a process may take to end after SIGTERM."""
BETWEEN_LOOKS = 0.02
"""Seconds between two looks at a condition."""


class ProcessError(Exception):
    """A process did not do what it was started for; the message ends with its log."""


def unused_ports(count: int) -> list[int]:
    """Return that many different loopback ports that nobody listens on."""
    with ExitStack() as opened:
        probes = [opened.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


async def until(find: Callable[[], Awaitable[Found]], limit: float, what: str) -> Found:
    """Look again and again until ``find`` finds something; fail after ``limit`` seconds."""
    deadline = time.monotonic() + limit
    while not (found := await find()):
        assert time.monotonic() < deadline, f"waited {limit:g} s in vain for {what}"
        await asyncio.sleep(BETWEEN_LOOKS)
    return found


class Process:
    """Something that answers 200 at a health address while it is well, and that a test can do things to."""

    def __init__(self, name: str, health: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._health = health

    async def spawn(self) -> None:
        """Start it without waiting for anything."""
        raise NotImplementedError

    async def alive(self) -> bool:
        """Tell whether it has not ended."""
        raise NotImplementedError

    async def stop(self) -> int:
        """End it as an operator does, with SIGTERM; return its exit code."""
        raise NotImplementedError

    async def kill(self) -> None:
        """End it as a crash does, with SIGKILL."""
        raise NotImplementedError

    async def pause(self) -> None:
        """Freeze it: it holds its sockets and answers nothing."""
        raise NotImplementedError

    async def resume(self) -> None:
        """Let it go on after a pause."""
        raise NotImplementedError

    async def start(self) -> None:
        """Start it and wait until it is well."""
        await self.spawn()
        await self.until_well()

    async def until_well(self) -> None:
        """Wait until it answers at its health address.

        Raises:
            ProcessError: It ended, or took too long.
        """

        async def well() -> bool:
            if not await self.alive():
                raise ProcessError(f"{self.name} ended by itself.\n{self.tail()}")
            return await self.is_well()

        try:
            await until(well, LONGEST_START, f"{self.name} at {self._health}")
        except AssertionError as exc:
            raise ProcessError(f"{exc}\n{self.tail()}") from None

    async def is_well(self) -> bool:
        """Tell whether it answers now."""
        limit = aiohttp.ClientTimeout(total=2)
        try:
            async with aiohttp.ClientSession(timeout=limit) as http, http.get(self._health) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def tail(self, lines: int = 60) -> str:
        """Return the end of the log."""
        text = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return f"--- {self.name}: end of its log\n" + "\n".join(text[-lines:])


class Child(Process):
    """A child process of the tests."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], health: str, log: Path
    ) -> None:
        super().__init__(name, health, log)
        self._command = command
        self._environment = inherited_environment() | dict(environment)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """All its variables."""
        return dict(self._environment)

    @property
    def pid(self) -> int:
        """The process id of the child that runs."""
        assert self._child is not None
        return self._child.pid

    def change(self, **variables: str) -> None:
        """Change the environment that it has from its next start on."""
        self._environment |= variables

    async def spawn(self) -> None:
        """Start the child without waiting for anything."""
        assert not await self.alive(), f"{self.name} runs already"
        self._child = self._open()

    def _open(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    async def alive(self) -> bool:
        """Tell whether the child has not ended."""
        return self._child is not None and self._child.poll() is None

    async def stop(self) -> int:
        """End the child with SIGTERM; return its exit code.

        Raises:
            ProcessError: It did not end in time and was killed.
        """
        if self._child is None:
            return 0
        self._child.send_signal(signal.SIGCONT)
        self._child.terminate()
        try:
            return await self.until_gone()
        except AssertionError as exc:
            await self.kill()
            raise ProcessError(f"{self.name} did not stop.\n{self.tail()}") from exc

    async def until_gone(self) -> int:
        """Wait until the child has ended; return its exit code."""

        async def gone() -> bool:
            return not await self.alive()

        await until(gone, LONGEST_STOP, f"the end of {self.name}")
        assert self._child is not None
        return self._child.returncode

    async def kill(self) -> None:
        """End the child with SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
        await self.until_gone()

    async def pause(self) -> None:
        """Freeze the child with SIGSTOP."""
        os.kill(self.pid, signal.SIGSTOP)

    async def resume(self) -> None:
        """Let the child go on."""
        os.kill(self.pid, signal.SIGCONT)


def inherited_environment() -> dict[str, str]:
    """Return this process's environment without any setting of the product."""
    ours = ("CHAT_", "OPENAI_", "CENTRIFUGO")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
