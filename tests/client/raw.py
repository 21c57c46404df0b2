"""A bare connection to Centrifugo: says what no client should, and hears what clients are not shown."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import websockets

Json = dict[str, Any]
WAIT = 5.0
"""Seconds that an answer may take."""


class RawConnection:
    """One WebSocket and Centrifugo's JSON protocol, without any library's help or judgement."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._changed = asyncio.Condition()
        self.replies: dict[int, Json] = {}
        self.publications: list[Json] = []
        """Every publication of every subscription, as it came: ``{data, offset}``."""
        self.frames: list[str] = []
        """Everything that was heard, as it came."""
        self.pushes: list[Json] = []
        """Every push, publications among them, as it came."""
        self.welcome: Json = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        data: Json | None = None,
        *,
        connect: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator["RawConnection"]:
        """Open the socket, with ``headers`` of its own, and connect with ``data`` unless told not to."""
        async with websockets.connect(
            url, proxy=None, max_size=None, open_timeout=WAIT * 4, close_timeout=1, additional_headers=headers
        ) as socket:
            connection = cls(socket)
            reading = asyncio.create_task(connection._read())
            try:
                if connect:
                    reply = await connection.command({"connect": {"data": data or {"v": 1}}})
                    connection.welcome = reply["connect"]["data"]
                yield connection
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def frame(self, text: str | bytes) -> None:
        """Send a frame as it is."""
        await self._socket.send(text)

    async def command(self, command: Json) -> Json:
        """Send a command and return its reply, be it an ``error``."""
        number = next(self._numbers)
        await self.frame(json.dumps({"id": number, **command}))
        return await self.reply(number)

    async def reply(self, number: int) -> Json:
        """Wait for the reply to the command of that number."""
        await self.until(lambda: number in self.replies)
        return self.replies.pop(number)

    async def rpc(self, method: str, data: Any = None) -> Json:
        """Call a method and return the whole reply."""
        return await self.command({"rpc": {"method": method, "data": data}})

    async def subscribe(self, channel: str | None = None) -> Json:
        """Subscribe, without recovery, to the caller's channel or to any other."""
        return await self.command({"subscribe": {"channel": channel or self.welcome["channel"]}})

    async def until(self, condition: Callable[[], Any], timeout: float = WAIT) -> None:
        """Wait until the condition holds of what was received."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(condition)

    async def closed(self, timeout: float = WAIT) -> tuple[int | None, str | None]:
        """Wait until the server closes the socket; return its code and reason."""
        async with asyncio.timeout(timeout):
            await self._socket.wait_closed()
        return self._socket.close_code, self._socket.close_reason

    @property
    def close_code(self) -> int | None:
        """The code that the socket was closed with, if it was."""
        return self._socket.close_code

    async def _read(self) -> None:
        with suppress(websockets.ConnectionClosedError):
            async for frame in self._socket:
                self.frames.append(str(frame))
                for line in str(frame).strip().split("\n"):
                    await self._take(json.loads(line))
                await self._tell()
        await self._tell()

    async def _take(self, message: Json) -> None:
        if not message:
            await self._socket.send("{}")  # A ping, answered by a pong.
        elif "id" in message:
            self.replies[message["id"]] = message
        elif push := message.get("push"):
            self.pushes.append(push)
            if publication := push.get("pub"):
                self.publications.append(publication)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
