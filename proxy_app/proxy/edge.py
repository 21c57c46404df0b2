"""The edge: who may call, how much and how slowly, and how errors become answers."""

import asyncio
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler

from ..errors import ClientError, InternalError, NotAuthenticatedError
from .protocol import disconnected, refused

_log = logging.getLogger(__name__)

SECRET_HEADER = "X-Proxy-Secret"  # noqa: S105  # A header's name.

_INTERNAL = InternalError("Something went wrong in this server. Try again.")


@dataclass(slots=True)
class Door:
    """What the edge asks of a caller, and which connections have met it."""

    secrets: Sequence[bytes]
    """What Centrifugo may prove itself by: one, or two while it is being changed."""
    patience: float
    """Seconds within which a call has to arrive completely."""
    known: set[web.RequestHandler] = field(default_factory=set)
    """Connections that have brought a secret."""

    def is_known(self, request: web.Request) -> bool:
        """Tell whether a request brings a secret; how long that takes tells nothing about them."""
        offered = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(offered, secret) for secret in self.secrets]
        if not any(matches):
            return False
        self.known.add(request.protocol)
        return True

    async def watch(self, runner: web.AppRunner) -> None:
        """Close every connection that brings no secret within one to two times the patience."""
        waiting: set[web.RequestHandler] = set()
        while True:
            await asyncio.sleep(self.patience)
            connections = set(runner.server.connections) if runner.server else set()
            self.known &= connections
            for connection in waiting & connections - self.known:
                connection.force_close()
            waiting = connections - self.known


DOOR = web.AppKey("door", Door)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let Centrifugo's calls in and nobody else's; ``/health`` tells nothing and is open."""
    door = request.app[DOOR]
    if request.path == "/health":
        return await handler(request) if door.is_known(request) else _last(await handler(request))
    if not door.is_known(request):
        return _last(web.Response(status=401))
    try:
        async with asyncio.timeout(door.patience):
            await request.read()
    except TimeoutError:
        return _last(web.Response(status=408))
    except (web.RequestPayloadError, ConnectionError):  # Broken, or broken off.
        return _last(web.Response(status=400))
    return await handler(request)


def _last(answer: web.StreamResponse) -> web.StreamResponse:
    """Have the connection closed after the answer: only Centrifugo may keep one."""
    answer.force_close()
    return answer


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer expected errors with status 200 and an ``error`` or a ``disconnect``: Centrifugo's way."""
    try:
        return await handler(request)
    except NotAuthenticatedError as exc:
        return web.json_response(disconnected(exc.disconnect_code, str(exc)))
    except ClientError as exc:
        return web.json_response(refused(exc.code, str(exc), temporary=exc.temporary))
    except web.HTTPException:
        raise
    except Exception:
        _log.exception("%s failed by a bug", request.path)
        return web.json_response(refused(_INTERNAL.code, str(_INTERNAL), temporary=True))
