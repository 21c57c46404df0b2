"""The running product with everything around it that a measurement needs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from tests.stack import Server, Stack, open_stack
from tests.stack.processes import Child

from .listeners import Listener, Listeners
from .programs import Program, running

MODEL = "bench-model"
_PATIENCE = 60.0
"""Seconds until all streams of a round must be open."""


@dataclass(frozen=True, slots=True)
class Rig:
    """One Centrifugo, the service, the upstream, clients."""

    stack: Stack
    upstream: Program
    listeners: Listeners
    directory: Path
    http: aiohttp.ClientSession

    @property
    def service(self) -> Child:
        """The process of the service."""
        return self.stack.service.process

    @property
    def centrifugo(self) -> Child:
        """The process of Centrifugo."""
        process = self.stack.centrifugo.process
        if not isinstance(process, Child):
            raise TypeError("a container's processes can't be measured from here")
        return process

    @property
    def environment(self) -> dict[str, str]:
        """Variables that the programs to compare with need."""
        return {
            "OPENAI_BASE_URL": f"{self.upstream.url}/v1",
            "OPENAI_API_KEY": "bench",
            "OPENAI_MODEL": MODEL,
            "CENTRIFUGO_API_URL": self.stack.centrifugo.api_url,
            "CENTRIFUGO_API_KEY": self.stack.centrifugo.api_key,
        }

    async def post(self, url: str, body: dict[str, Any] | None = None) -> None:
        """Post to one of the programs; its answer says only that it was done."""
        async with self.http.post(url, json=body or {}) as answer:
            answer.raise_for_status()

    async def round(self) -> dict[str, int]:
        """Return what the upstream knows of the round."""
        async with self.http.get(f"{self.upstream.url}/round") as answer:
            told: dict[str, int] = await answer.json()
            return told

    async def until_opened(self, streams: int) -> None:
        """Wait until the upstream has that many streams of the round.

        Raises:
            TimeoutError: It took longer than a minute.
        """
        deadline = time.monotonic() + _PATIENCE
        while (await self.round())["opened"] < streams:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the upstream waits for {streams} streams in vain\n{self.service.tail(20)}"
                )
            await asyncio.sleep(0.02)


@asynccontextmanager
async def open_rig(server: Server) -> AsyncIterator[Rig]:
    """Start everything over one kind of Centrifugo; with the block everything ends."""
    async with AsyncExitStack() as opened:
        directory = Path(opened.enter_context(TemporaryDirectory(prefix="chat-bench-")))
        upstream = await opened.enter_async_context(running(Program("bench.upstream", {}, directory)))
        stack = await opened.enter_async_context(
            open_stack(server, OPENAI_BASE_URL=f"{upstream.url}/v1", OPENAI_MODEL=MODEL)
        )
        http = await opened.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        )
        listeners = await opened.enter_async_context(Listeners(stack.url))
        yield Rig(stack, upstream, listeners, directory, http)


async def all_ended(listeners: list[Listener], limit: float) -> bool:
    """Wait until every answer is complete; say whether that was so within ``limit`` seconds."""
    try:
        async with asyncio.timeout(limit):
            for listener in listeners:
                await listener.ended.wait()
    except TimeoutError:
        return False
    return True
