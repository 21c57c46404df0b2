"""Centrifugo's server API, as far as we call it (https://centrifugal.dev/docs/server/server_api)."""

from collections.abc import Sequence
from typing import Any

import httpx2
import orjson

from ..core.positions import HistoryEdges, Position
from ..errors import NotAuthenticatedError, PublishError
from ..runs.publishing import Command

_REVOKED = {"code": NotAuthenticatedError.disconnect_code, "reason": "revoked"}


class CentrifugoApi:
    """Call the server API over ``client``, which has its timeout; ``api_url`` ends in ``/api``."""

    def __init__(self, client: httpx2.AsyncClient, *, api_url: str, api_key: str) -> None:
        self._client = client
        self._url = api_url.rstrip("/")
        self._headers = {"X-API-Key": api_key, "Content-Type": "application/json"}

    async def batch(
        self, commands: Sequence[Command], /, *, parallel: bool
    ) -> Sequence[Position | PublishError]:
        """Publish ``commands``; return what became of each, in order.

        Raises:
            PublishError: Nothing is known of any of them.
        """
        if len(commands) == 1:
            return [await self._publish(commands[0])]
        published = [{"publish": _publication(command)} for command in commands]
        body = {"commands": published, "parallel": parallel}
        replies = (await self._call("batch", body)).get("replies")
        if not isinstance(replies, list) or len(replies) != len(commands):
            raise PublishError("Centrifugo answered another number of commands than it was given")
        return [_outcome(reply) for reply in replies]

    async def _publish(self, command: Command) -> Position | PublishError:
        """Publish one alone, which is a little cheaper than a batch of one."""
        match await self._call("publish", _publication(command)):
            case {"error": error}:
                return _refusal(error)
            case {"result": dict(published)}:
                return _position(published)
            case _:
                raise PublishError("Centrifugo did not say what became of a publication")

    async def edges(self, channel: str, /) -> HistoryEdges:
        """Return the oldest kept offset, the top and the epoch, in one call.

        Raises:
            PublishError: Centrifugo can't be asked.
        """
        reply = await self._call("history", {"channel": channel, "limit": 1})
        result = reply.get("result")
        if not isinstance(result, dict):
            raise PublishError(f"Centrifugo refuses its history: {reply.get('error')}")
        top = Position(result.get("offset", 0), result.get("epoch", ""))
        kept = result.get("publications") or []
        return HistoryEdges(kept[0]["offset"] if kept else top.offset + 1, top)

    async def disconnect(self, user: str, /) -> None:
        """End all connections of a user, on every node, for good.

        Raises:
            PublishError: Centrifugo can't be asked, or refuses.
        """
        reply = await self._call("disconnect", {"user": user, "disconnect": _REVOKED})
        if "error" in reply:
            raise PublishError(f"Centrifugo refuses to disconnect: {reply['error']}")

    async def _call(self, method: str, body: Any) -> dict[str, Any]:
        try:
            response = await self._client.post(
                f"{self._url}/{method}", content=orjson.dumps(body), headers=self._headers
            )
            # Errors of single commands come with status 200, too.
            if response.status_code != 200:
                raise PublishError(f"Centrifugo answered {response.status_code}")
            reply = orjson.loads(response.content)
        except (httpx2.HTTPError, orjson.JSONDecodeError) as exc:
            raise PublishError(f"Centrifugo can't be asked: {type(exc).__name__}") from exc
        if not isinstance(reply, dict):
            raise PublishError("Centrifugo answered something else than an object")
        return reply


def _publication(command: Command) -> dict[str, Any]:
    publication = {"channel": command.channel, "data": orjson.Fragment(command.publication.data)}
    if command.publication.idempotency_key is not None:
        publication["idempotency_key"] = command.publication.idempotency_key
    return publication


def _outcome(reply: Any) -> Position | PublishError:
    match reply:
        case {"publish": dict(published)}:
            return _position(published)
        case {"error": error}:
            return _refusal(error)
        case _:
            return PublishError("Centrifugo did not say what became of a publication")


def _position(published: dict[str, Any]) -> Position:
    return Position(published.get("offset", 0), published.get("epoch", ""))


def _refusal(error: Any) -> PublishError:
    return PublishError(f"Centrifugo refused a publication: {error}")
