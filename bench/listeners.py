"""Many users' clients in one process: WebSockets with Centrifugo's JSON protocol, noting what comes when."""

import asyncio
import itertools
import uuid
from array import array
from collections.abc import Sequence
from typing import Any, Self

import aiohttp
import orjson

from . import stamps

_PATIENCE = 30.0
"""Seconds that a reply may take."""


class Listener:
    """A guest who is connected and subscribed."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.channel = ""
        self.token = ""
        self.sent: array[int] = array("q")
        """When the upstream sent each token of the answer, in microseconds of the monotonic clock."""
        self.arrived: array[int] = array("q")
        """When each of them arrived here."""
        self.publications = 0
        self.ended = asyncio.Event()
        """Set when the answer is complete."""
        self._socket = socket
        self._numbers = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str) -> Self:
        """Connect as a new guest, and subscribe to their channel."""
        listener = cls(await http.ws_connect(url, compress=0, max_msg_size=0))
        welcome = (await listener._command({"connect": {"data": {"v": 1}}}))["connect"]["data"]
        listener.channel, listener.token = welcome["channel"], welcome["token"]
        await listener._command({"subscribe": {"channel": listener.channel}})
        return listener

    def forget(self) -> None:
        """Make ready for another answer."""
        self.sent, self.arrived, self.publications = array("q"), array("q"), 0
        self.ended.clear()

    async def send(self, prompt: str) -> None:
        """Ask the service."""
        request = {"client_message_id": uuid.uuid4().hex, "text": prompt}
        await self._command({"rpc": {"method": "chat:send", "data": request}})

    async def until_ended(self, limit: float) -> None:
        """Wait until the answer is complete.

        Raises:
            TimeoutError: It took more than ``limit`` seconds.
        """
        async with asyncio.timeout(limit):
            await self.ended.wait()

    async def close(self) -> None:
        """Disconnect."""
        await self._socket.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _command(self, command: dict[str, Any]) -> Any:
        number = next(self._numbers)
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_bytes(orjson.dumps({"id": number, **command}), compress=0)
        async with asyncio.timeout(_PATIENCE):
            answer = await reply
        if "error" in answer:
            raise RuntimeError(f"Centrifugo or the service answered {answer['error']}")
        return answer

    async def _read(self) -> None:
        async for frame in self._socket:
            arrived = stamps.now()
            for line in frame.data.split("\n"):
                message = orjson.loads(line)
                if "push" in message:
                    if "pub" in message["push"]:
                        self._take(message["push"]["pub"]["data"], arrived)
                elif "id" in message:
                    self._replies.pop(message["id"]).set_result(message)
                else:
                    await self._socket.send_str("{}")  # A ping, answered by a pong.

    def _take(self, data: dict[str, Any], arrived: int) -> None:
        if data.get("type") == "run":
            chunks = data["chunks"]
            text = "".join(chunk["delta"] for chunk in chunks if chunk["type"] == "text-delta")
            over = chunks[-1]["type"] == "run-end"
        else:
            text, over = data.get("delta", ""), data.get("done", False)
        self.publications += bool(text)
        for sent in stamps.moments(text):
            self.sent.append(sent)
            self.arrived.append(arrived)
        if over:
            self.ended.set()


class Listeners:
    """As many listeners as were needed so far, ready for the next measurement."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open: list[Listener] = []

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0)
        self._http = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        for listener in self._open:
            await listener.close()
        await self._http.close()

    async def first(self, count: int) -> Sequence[Listener]:
        """Return that many listeners that have heard nothing yet."""
        while len(self._open) < count:
            self._open.append(await Listener.open(self._http, self._url))
        chosen = self._open[:count]
        for listener in chosen:
            listener.forget()
        return chosen
