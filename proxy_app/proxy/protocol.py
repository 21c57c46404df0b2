"""What Centrifugo's proxy sends, and what it makes of answers (https://centrifugal.dev/docs/server/proxy).

Answers are built by functions, since leaving a field out means something: ``{}`` lets anybody in.
"""

import json
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.text import well_formed
from ..errors import InvalidRequestError


class ProxyCall(BaseModel):
    """What all calls have; Centrifugo adds fields between minor versions, which are not ours to reject."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    client: str = ""
    data: Any = None
    """Whatever the client sent; client-controlled."""


class ConnectCall(ProxyCall):
    """A client wants to connect."""


class SessionCall(ProxyCall):
    """What concerns a connection that somebody was let in on."""

    meta: dict[str, Any] = Field(default_factory=dict)
    """What the connect proxy said of the connection; clients neither see nor change it."""


class RefreshCall(SessionCall):
    """A connection is about to expire."""

    user: str


class RpcCall(SessionCall):
    """A client calls a method."""

    user: str = Field(min_length=1)
    method: str = ""


Call = TypeVar("Call", bound=ProxyCall)


def parse(body: bytes, kind: type[Call]) -> Call:
    """Return a call; texts in it are well-formed Unicode afterwards.

    Raises:
        InvalidRequestError: It is no JSON, or not of the form that Centrifugo sends.
    """
    try:
        # NaN and the like are no JSON, but Python's parser would take them.
        raw = orjson.loads(body) if b"\\u" not in body else _load_escaped(body)
        return kind.model_validate(raw)
    except (ValueError, RecursionError, ValidationError):
        raise InvalidRequestError("The request is not what it should be.") from None


def _load_escaped(body: bytes) -> Any:
    """Parse JSON in which surrogates may stand alone, which orjson refuses."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _mended(json.loads(body, parse_constant=_refuse))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(key): _mended(item) for key, item in value.items()}
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def connected(user: str, expires_at: int, data: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """Return the answer that lets ``user`` in until ``expires_at`` (Unix seconds)."""
    if not user:
        raise ValueError("an empty user would be anybody")
    return {"result": {"user": user, "expire_at": expires_at, "data": data, "meta": meta}}


def refreshed(expires_at: int, meta: dict[str, Any]) -> dict[str, Any]:
    """Return the answer that keeps a connection until ``expires_at`` (Unix seconds)."""
    return {"result": {"expire_at": expires_at, "meta": meta}}


def expired() -> dict[str, Any]:
    """Return the answer that ends a connection; ``error`` and ``disconnect`` would be ignored here."""
    return {"result": {"expired": True}}


def replied(data: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to an RPC."""
    return {"result": {"data": data}}


def refused(code: int, message: str, *, temporary: bool) -> dict[str, Any]:
    """Return an error; only these three fields reach the client."""
    return {"error": {"code": code, "message": message, "temporary": temporary}}


def disconnected(code: int, reason: str) -> dict[str, Any]:
    """Return what closes the connection; a reason above 32 ASCII bytes would make the client try for ever."""
    told = reason.encode("ascii", "replace")[:32].decode()
    return {"disconnect": {"code": code, "reason": told}}
