"""A reverse proxy that misbehaves on demand, and remembers every end of a run that passed it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import aiohttp
import orjson
from aiohttp import web

Forward = Callable[[], Awaitable[web.Response]]
"""Passes a request on, and returns what was answered."""
Behaviour = Callable[[web.Request, bytes, Forward], Awaitable[web.StreamResponse]]
"""What a gate does with a request: the request, its body, and how to pass it on."""

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "date"}


async def passing(_request: web.Request, _body: bytes, forward: Forward) -> web.StreamResponse:
    """Do nothing to a request."""
    return await forward()


class Gate:
    """Listens on a port of its own while its block lasts, and passes everything on to a target."""

    def __init__(self) -> None:
        self.targets: Sequence[str] = ()
        """Scheme, host and port of what is behind; each after the first is for when those before are away."""
        self.behaviour: Behaviour = passing
        self.requests = 0
        self.ends: defaultdict[str, set[bytes]] = defaultdict(set)
        """By run: every different end that passed, whether it was taken or not."""
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, keepalive_timeout=3600)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        # A new connection for each call: one that is kept would be found dead after each kill.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._http is not None
        assert self._runner is not None
        await self._http.close()
        await self._runner.cleanup()

    def reset(self) -> None:
        """Behave, and forget the ends."""
        self.behaviour = passing
        self.ends.clear()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests += 1
        if b'"run-end"' in body:
            self.remember(orjson.loads(body))

        async def forward() -> web.Response:
            return await self._forward(request, body)

        try:
            return await self.behaviour(request, body, forward)
        except (aiohttp.ClientError, OSError):
            return hang_up(request)

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        *others, last = self.targets
        for target in others:
            with suppress(aiohttp.ClientConnectorError):
                return await self._forward_to(target, request, body)
        return await self._forward_to(last, request, body)

    async def _forward_to(self, target: str, request: web.Request, body: bytes) -> web.Response:
        assert self._http is not None
        async with self._http.request(
            request.method, f"{target}{request.path_qs}", data=body, headers=_kept(request.headers)
        ) as answer:
            return web.Response(status=answer.status, body=await answer.read(), headers=_kept(answer.headers))

    def remember(self, body: Any) -> None:
        """Keep the ends that a publication, or a batch of them, has."""
        alone = {"publish": body}
        for command in body.get("commands", [alone]):
            event = command.get("publish", {}).get("data", {})
            if event.get("type") == "run" and event["chunks"][-1]["type"] == "run-end":
                self.ends[event["run"]].add(orjson.dumps(event, option=orjson.OPT_SORT_KEYS))


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


class Held:
    """A behaviour that holds requests back, before or after they were passed on, until it is released.

    Those that ``chosen`` does not choose pass.
    """

    def __init__(self, chosen: Callable[[bytes], bool], *, after: bool) -> None:
        self.count = 0
        """How many are, or were, held."""
        self._chosen = chosen
        self._after = after
        self._released = asyncio.Event()

    async def __call__(self, request: web.Request, body: bytes, forward: Forward) -> web.StreamResponse:
        """Hold a request, and hang up in the end."""
        if not self._chosen(body):
            return await forward()
        if self._after:
            await forward()
        self.count += 1
        await self._released.wait()
        return hang_up(request)

    def release(self) -> None:
        """Hang up on all that are held."""
        self._released.set()
