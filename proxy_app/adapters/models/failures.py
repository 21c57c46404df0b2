"""What a server says when it fails, in whichever dialect it says so."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed answer, as far as the server explains it."""

    status: int | None = None
    """HTTP status; ``None`` where the failure came within a stream and names none."""
    words: frozenset[str] = frozenset()
    """The error's ``code`` and ``type``, in lower case: servers differ in which one they fill."""
    message: str = ""
    """What is meant for people; of unknown length and content."""
    parameter: str = ""
    """The parameter that is to blame, where one is named."""
    retry_after: float | None = None
    """Seconds after which to ask again."""

    def blames(self, parameter: str) -> bool:
        """Tell whether the request was refused because of this parameter."""
        named = self.parameter == parameter or parameter in self.message
        return self.status in (400, 422) and named


def read_failure(status: int | None, body: object, headers: Mapping[str, str] | None = None) -> Failure:
    """Make sense of an error's body: bytes, or JSON that was parsed already.

    Understood are OpenAI's ``{"error": {...}}`` (also as text, and in a list), vLLM's ``{"object": "error",
    ...}`` and FastAPI's ``{"detail": ...}``; anything else is a message by itself.
    """
    retry_after = _retry_after(headers or {})
    if isinstance(body, bytes):
        body = _parsed(body)
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") or body if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return Failure(status, message=str(error), retry_after=retry_after)
    words = [error.get("code"), error.get("type"), _inner_code(error)]
    return Failure(
        status=status or _status(error),
        words=frozenset(word.lower() for word in words if isinstance(word, str)),
        message=_message(error),
        parameter=str(error.get("param") or ""),
        retry_after=retry_after,
    )


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


def _message(error: dict[str, Any]) -> str:
    detail = error.get("detail")
    if isinstance(detail, list):  # FastAPI's; its "input" would repeat the prompt.
        places = [(item.get("loc"), item.get("msg")) for item in detail if isinstance(item, dict)]
        return "; ".join(f"{loc}: {message}" for loc, message in places)
    return str(error.get("message") or detail or "")


def _inner_code(error: dict[str, Any]) -> object:
    inner = error.get("innererror")  # Azure's content filter speaks here.
    return inner.get("code") if isinstance(inner, dict) else None


def _status(error: dict[str, Any]) -> int | None:
    """Return the HTTP status that some servers put into ``code`` when the head is long gone."""
    for name in ("status", "code"):
        value = error.get(name)
        if isinstance(value, int) and 400 <= value <= 599:
            return value
    return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        return seconds if math.isfinite(seconds) and seconds >= 0 else None
    date = parsedate_tz(headers.get("retry-after"))
    return max(mktime_tz(date) - time.time(), 0) if date else None
