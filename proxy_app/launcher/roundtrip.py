"""The proof that everything works together: one RPC over the WebSocket, through Centrifugo, and back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from ..errors import NotAuthenticatedError, UnavailableError
from .errors import StartError

CONNECT = {"id": 1, "connect": {"data": {"v": 1}, "name": "launcher"}}
ASK = {"id": 2, "rpc": {"method": "chat:conversations", "data": {"limit": 1}}}


def answers(http: aiohttp.ClientSession, url: str) -> Callable[[], Awaitable[bool]]:
    """Return a question: whether a GET of ``url`` is answered with 200."""

    async def ask() -> bool:
        try:
            async with http.get(url, timeout=aiohttp.ClientTimeout(total=2)) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    return ask


async def check_round_trip(
    http: aiohttp.ClientSession, url: str, *, origin: str, timeout: float, as_guest: bool = True
) -> None:
    """Connect to Centrifugo as the page does and call one method of the service.

    Where there are no guests, a service that refuses, or whose login can't be asked yet, works as well.

    Raises:
        StartError: Some part of the way does not work; the message says what came back.
    """
    try:
        async with asyncio.timeout(timeout), http.ws_connect(url, origin=origin) as socket:
            for command in (CONNECT, ASK):
                await socket.send_json(command)
                reply = await _reply(socket, command["id"])
                if reply is None:
                    if not as_guest and socket.close_code == NotAuthenticatedError.disconnect_code:
                        return
                    raise StartError(
                        "The check of the whole way failed: "
                        f"Centrifugo closed the connection ({socket.close_code})."
                    )
                if "error" in reply:
                    if not as_guest and reply["error"].get("code") == UnavailableError.code:
                        return
                    raise StartError(f"The check of the whole way failed: {json.dumps(reply['error'])}.")
    except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
        raise StartError(f"The check of the whole way failed: {str(exc) or 'no answer came'}.") from exc


async def _reply(socket: aiohttp.ClientWebSocketResponse, number: Any) -> dict[str, Any] | None:
    """Return the reply of that number, or nothing if the connection was closed instead."""
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            break
        # A frame may hold several replies and pushes, one a line.
        for line in message.data.splitlines():
            reply: dict[str, Any] = json.loads(line)
            if reply.get("id") == number:
                return reply
    return None
