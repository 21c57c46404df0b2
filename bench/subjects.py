"""Who is measured: the service and the ways of the tutorials, all asked for an answer in the same way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from .listeners import Listener
from .programs import Program, running
from .rig import Rig


class Subject(Protocol):
    """Something that streams answers to channels."""

    name: str

    @property
    def pid(self) -> int:
        """Its process."""
        ...

    async def ask(self, listener: Listener, prompt: str) -> None:
        """Start an answer to ``prompt`` on the listener's channel."""
        ...


class Service:
    """The service, asked as any client asks it: by ``chat:send`` over the socket."""

    name = "proxy_app"

    def __init__(self, rig: Rig) -> None:
        self.pid = rig.service.pid

    async def ask(self, listener: Listener, prompt: str) -> None:
        """Send a prompt."""
        await listener.send(prompt)


class Tutorial:
    """A program of the folder ``tutorials``."""

    def __init__(self, rig: Rig, program: Program, name: str) -> None:
        self.name = name
        self.pid = program.pid
        self._url = program.url
        self._rig = rig

    async def ask(self, listener: Listener, prompt: str) -> None:
        """Post a prompt."""
        await self._rig.post(f"{self._url}/chat", {"channel": listener.channel, "prompt": prompt})


@asynccontextmanager
async def tutorial(rig: Rig, module: str, name: str) -> AsyncIterator[Tutorial]:
    """Run one of the tutorials while the block lasts."""
    program = Program(f"bench.tutorials.{module}", rig.environment, rig.directory)
    async with running(program):
        yield Tutorial(rig, program, name)
