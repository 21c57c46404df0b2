"""The endpoints that Centrifugo calls, and ``/health``."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from aiohttp import web

from .. import __version__
from ..core.quotas import Limits, limits_of
from ..errors import ChatError, UnavailableError
from ..ports import Authenticator, Caller, ConnectRequest, ModelInfo, caller_channel
from . import protocol
from .rpc import Rpc

Models = Callable[[], Sequence[ModelInfo]]


class Handlers:
    """Read a call, have it answered, write the answer."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        rpc: Rpc,
        models: Models,
        limits: Limits,
        healthy: Callable[[], Awaitable[None]],
    ) -> None:
        self._authenticator = authenticator
        self._rpc = rpc
        self._models = models
        self._limits = limits
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
        """Answer 200 when prompts can be served, else 503."""
        try:
            await self._healthy()
        except ChatError:
            return web.json_response({"status": "unavailable"}, status=503)
        return web.json_response({"status": "ok"})

    async def connect(self, request: web.Request) -> web.Response:
        """Let somebody in, and tell them what they need to begin."""
        call = protocol.parse(await request.read(), protocol.ConnectCall)
        data = call.data if isinstance(call.data, dict) else {}
        headers = {name.lower(): value for name, value in request.headers.items()}
        identity = await self._authenticator.authenticate(ConnectRequest(data, headers))
        told: dict[str, Any] = {
            "v": 1,
            "user": identity.user,
            "channel": caller_channel(identity.user),
            "models": _models_json(self._models()),
            "limits": self._limits.to_json(),
            "server": {"name": "onesocket", "version": __version__},
        }
        if identity.name is not None:
            told["name"] = identity.name
        if identity.token is not None:
            told["token"] = identity.token
        return _answer(protocol.connected(identity.user, identity.expires_at, told))

    async def refresh(self, request: web.Request) -> web.Response:
        """Keep a connection, or end it; while that can't be decided, Centrifugo keeps it and asks again."""
        call = protocol.parse(await request.read(), protocol.RefreshCall)
        try:
            identity = await self._authenticator.refresh(call.user)
        except UnavailableError:
            return web.Response(status=503)
        if identity is None:
            return _answer(protocol.expired())
        return _answer(protocol.refreshed(identity.expires_at))

    async def call(self, request: web.Request) -> web.Response:
        """Answer an RPC."""
        call = protocol.parse(await request.read(), protocol.RpcCall)
        caller = Caller(call.user, limits_of(call.meta.get("limits")))
        return _answer(protocol.replied(await self._rpc.call(caller, call.method, call.data)))


def _answer(body: dict[str, Any]) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def _models_json(models: Sequence[ModelInfo]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [{"id": model.id, "name": model.name} for model in models]
    told[0]["default"] = True
    for fields, model in zip(told, models, strict=True):
        if model.demo:
            fields["demo"] = True
    return told
