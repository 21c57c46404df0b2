"""The edge: who may call, and how errors become answers."""

import hmac
import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from ..errors import ClientError, InternalError, NotAuthenticatedError
from .protocol import disconnected, refused

_log = logging.getLogger(__name__)

SECRET_HEADER = "X-Proxy-Secret"  # noqa: S105  # A header's name.
PROXY_SECRET = web.AppKey("proxy_secret", bytes)

_INTERNAL = InternalError("Something went wrong in this server. Try again.")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let Centrifugo's calls in and nobody else's; ``/health`` tells nothing and is open."""
    if request.path == "/health":
        return await handler(request)
    offered = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(offered, request.app[PROXY_SECRET]):
        return web.Response(status=401)
    return await handler(request)


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
