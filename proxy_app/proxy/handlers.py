"""The endpoints that Centrifugo calls, and ``/health``."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from aiohttp import web

from .. import __version__
from ..core.quotas import Limits, limits_of
from ..errors import ChatError, HeadersTooLargeError
from ..ports import Caller, ConnectRequest, Doorkeeper, ModelInfo, caller_channel
from . import protocol
from .edge import SECRET_HEADER
from .rpc import Rpc

Models = Callable[[], Sequence[ModelInfo]]


class Handlers:
    """Read a call, have it answered, write the answer."""

    def __init__(
        self,
        *,
        doorkeeper: Doorkeeper,
        rpc: Rpc,
        models: Models,
        limits: Limits,
        max_headers: int,
        healthy: Callable[[], Awaitable[None]],
    ) -> None:
        self._doorkeeper = doorkeeper
        self._rpc = rpc
        self._models = models
        self._limits = limits
        self._max_headers = max_headers
        self._healthy = healthy

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints; there are no others."""
        return [
            web.get("/health", self.health),
            web.post("/centrifugo/connect", self.connect),
            web.post("/centrifugo/refresh", self.refresh),
            web.post("/centrifugo/rpc", self.call),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """Answer 200 when calls can be served, else 503."""
        try:
            await self._healthy()
        except ChatError:
            return web.json_response({"status": "unavailable"}, status=503)
        return web.json_response({"status": "ok"})

    async def connect(self, request: web.Request) -> web.Response:
        """Let somebody in, and tell them what they need to begin."""
        if sum(len(name) + len(value) for name, value in request.raw_headers) > self._max_headers:
            # Cookies do not become fewer by trying again.
            raise HeadersTooLargeError
        call = protocol.parse(await request.read(), protocol.ConnectCall)
        data = call.data if isinstance(call.data, dict) else {}
        admitted = await self._doorkeeper.admit(ConnectRequest(data, _headers(request)))
        limits = self._limits if admitted.limits is None else admitted.limits.over(self._limits)
        told: dict[str, Any] = {
            "v": 1,
            "user": admitted.user,
            "channel": caller_channel(admitted.user),
            "models": _models_json(self._models()),
            "limits": limits.to_json(),
            "server": {"name": "onesocket", "version": __version__},
        }
        if admitted.name is not None:
            told["name"] = admitted.name
        if admitted.token is not None:
            told["token"] = admitted.token
        return _answer(protocol.connected(admitted.user, admitted.expires_at, told, admitted.meta))

    async def refresh(self, request: web.Request) -> web.Response:
        """Keep a connection, or end it."""
        call = protocol.parse(await request.read(), protocol.RefreshCall)
        kept = await self._doorkeeper.keep(call.user, _headers(request), call.meta)
        if kept is None:
            return _answer(protocol.expired())
        return _answer(protocol.refreshed(kept.expires_at, kept.meta))

    async def call(self, request: web.Request) -> web.Response:
        """Answer an RPC."""
        call = protocol.parse(await request.read(), protocol.RpcCall)
        caller = Caller(call.user, limits_of(call.meta.get("limits")))
        return _answer(protocol.replied(await self._rpc.call(caller, call.method, call.data)))


def _headers(request: web.Request) -> dict[str, str]:
    """Return what a hook may see: all but what the call itself proves itself by."""
    names = {name.lower(): value for name, value in request.headers.items()}
    names.pop(SECRET_HEADER.lower(), None)
    return names


def _answer(body: dict[str, Any]) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def _models_json(models: Sequence[ModelInfo]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [{"id": model.id, "name": model.name} for model in models]
    told[0]["default"] = True
    for fields, model in zip(told, models, strict=True):
        if model.demo:
            fields["demo"] = True
    return told
