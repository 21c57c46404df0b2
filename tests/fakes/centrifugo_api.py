"""A recording Centrifugo: its server API as far as we call it, without any client.

In a test::

    async with FakeCentrifugo() as centrifugo:
        centrifugo.faults["publish"].append(Cut(applied=True))  # befalls the next call; see below
        ...
        run = await centrifugo.ended(run_id)

It keeps offsets, an epoch and idempotency keys for every channel, as the real one does;
``tests/app/test_centrifugo_api.py`` holds the two against each other.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import orjson
from aiohttp import web

from proxy_app.core.reducer import Run, apply_event, apply_snapshot

Json = dict[str, Any]

_LONGEST_WAIT = 5
"""Seconds that a test waits for anything."""


@dataclass(frozen=True, slots=True)
class Status:
    """Do nothing, and answer with this status and body."""

    status: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection without an answer, after doing what was asked or instead."""

    applied: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Do nothing until the event is set, then what was asked."""

    until: asyncio.Event


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse the commands whose data say yes, and do the others."""

    wanted: Callable[[Json], bool]


Fault = Status | Cut | Hold | Refuse


def _none(_: Json) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the API as it came."""

    method: str
    body: bytes

    @property
    def request(self) -> Json:
        """The request, parsed."""
        request: Json = orjson.loads(self.body)
        return request

    @property
    def publications(self) -> list[Json]:
        """What it publishes, alone or in a batch."""
        if self.method == "batch":
            return [command["publish"] for command in self.request["commands"]]
        return [self.request] if self.method == "publish" else []


@dataclass(slots=True)
class Channel:
    """A channel's history, and the keys that it knows."""

    epoch: str = field(default_factory=lambda: uuid4().hex[:4])
    top: int = 0
    kept: deque[tuple[int, Json]] = field(default_factory=deque)
    keys: dict[str, int] = field(default_factory=dict)


class FakeCentrifugo:
    """The server API on a port of its own on loopback; an async context manager."""

    def __init__(self, *, api_key: str = "key-of-the-fake", history_size: int = 1000) -> None:
        self.api_key = api_key
        self.url = ""
        """The API's address, ``/api`` included."""
        self.calls: list[Call] = []
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        """What befalls the next calls of a method; ``publish`` stands for ``batch``, too."""
        self.away: Fault | None = None
        """What befalls every call, for as long as it is set."""
        self.published: list[tuple[str, Json]] = []
        """Every publication that was taken, with its channel; repetitions that were dropped are not there."""
        self._history_size = history_size
        self._channels: defaultdict[str, Channel] = defaultdict(Channel)
        self._moved = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_post("/api/{method}", self._call)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def restart(self) -> None:
        """Forget everything, as the memory engine does; epochs are new afterwards."""
        self._channels.clear()

    def forget(self) -> None:
        """Forget what was recorded and what was to go wrong; channels stay as they are."""
        self.calls.clear()
        self.published.clear()
        self.faults.clear()
        self.away = None

    def expire(self, channel: str) -> None:
        """Forget a channel's publications, as its time to live does; offset and epoch stay."""
        self._channels[channel].kept.clear()

    def events(self, kind: str) -> list[Json]:
        """Return the publications of a type, in order."""
        return [data for _, data in self.published if data["type"] == kind]

    def run_events(self, run: str) -> list[Json]:
        """Return the publications of a run, in order."""
        return [data for data in self.events("run") if data["run"] == run]

    def client(self, run: str) -> Run:
        """Return the run as a client holds it that got every publication."""
        held = Run()
        for _, data in self.published:
            if data["type"] == "run" and data["run"] == run:
                apply_event(held, data)
            elif data["type"] == "message" and _tells_of(data["message"], run):
                apply_snapshot(held, data["message"])
        return held

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a publication makes something so, for at most five seconds."""
        async with asyncio.timeout(_LONGEST_WAIT), self._moved:
            await self._moved.wait_for(condition)

    async def arrived(self, run: str, count: int) -> None:
        """Wait until so many publications of a run have arrived."""
        await self.until(lambda: len(self.run_events(run)) >= count)

    async def ended(self, run: str) -> Run:
        """Wait for the end of a run; return it as a client holds it then."""
        await self.until(lambda: self.client(run).ended)
        return self.client(run)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method, body = request.match_info["method"], await request.read()
        if request.headers.get("X-API-Key") != self.api_key:
            return web.Response(status=401)
        self.calls.append(Call(method, body))
        faults = self.faults["publish" if method == "batch" else method]
        fault = self.away or (faults.popleft() if faults else None)
        if isinstance(fault, Status):
            return web.Response(status=fault.status, body=fault.body)
        if isinstance(fault, Hold):
            await fault.until.wait()
        answer: Json = {}
        if not isinstance(fault, Cut) or fault.applied:
            refused = fault.wanted if isinstance(fault, Refuse) else _none
            answer = self.answer(method, orjson.loads(body), refused)
            async with self._moved:
                self._moved.notify_all()
        if isinstance(fault, Cut):
            assert request.transport is not None
            request.transport.close()
        return web.Response(body=orjson.dumps(answer), content_type="application/json")

    def answer(self, method: str, request: Json, refused: Callable[[Json], bool] = _none) -> Json:
        """Do what a request asks for, as if it had come over the network."""
        match method:
            case "batch":
                answers = [self._publish(command["publish"], refused) for command in request["commands"]]
                return {"replies": [_in_batch(answer) for answer in answers]}
            case "publish":
                return self._publish(request, refused)
            case "history":
                return self._history(request)
            case _:
                return _error(104, "method not found")

    def _publish(self, publish: Json, refused: Callable[[Json], bool]) -> Json:
        name, data = publish["channel"], publish["data"]
        if not name.startswith("chat:"):
            return _error(102, "unknown channel")
        if refused(data):
            return _error(100, "internal server error")
        channel, key = self._channels[name], publish.get("idempotency_key")
        if key not in channel.keys:
            channel.top += 1
            channel.kept.append((channel.top, data))
            if len(channel.kept) > self._history_size:
                channel.kept.popleft()
            self.published.append((name, data))
            if key is None:
                return {"result": {"offset": channel.top, "epoch": channel.epoch}}
            channel.keys[key] = channel.top
        return {"result": {"offset": channel.keys[key], "epoch": channel.epoch}}

    def _history(self, request: Json) -> Json:
        name = request["channel"]
        if not name.startswith("chat:"):
            return _error(102, "unknown channel")
        channel, limit = self._channels[name], request.get("limit", 0)
        kept = list(channel.kept)[: None if limit < 0 else limit]
        publications = [{"offset": offset, "data": data} for offset, data in kept]
        return {"result": {"publications": publications, "offset": channel.top, "epoch": channel.epoch}}


def _tells_of(message: Json, run: str) -> bool:
    """Say whether a whole message has what a run has said."""
    return "run" in message and message["run"]["id"] == run and not message.get("truncated")


def _in_batch(answer: Json) -> Json:
    """Return what answers a publication, as it stands among the replies to a batch."""
    return {"publish": answer["result"]} if "result" in answer else answer


def _error(code: int, message: str) -> Json:
    return {"error": {"code": code, "message": message}}
