"""What a scripted upstream can do, step by step, and how its events look on the wire."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson


@dataclass(frozen=True, slots=True)
class Head:
    """Send the head now; without it, the first step that sends something does."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with this instead of a stream; ``body`` is sent as JSON unless it is bytes."""

    status: int
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    """Say a delta of text; lone surrogates are sent as they are, escaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Say a delta of reasoning, under either of its two names."""

    text: str
    name: str = "reasoning_content"


@dataclass(frozen=True, slots=True)
class Finish:
    """Say why the answer ends."""

    reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Usage:
    """Say what it cost, in the last chunk; only if the request asked for it."""

    prompt_tokens: int = 7
    completion_tokens: int = 11


@dataclass(frozen=True, slots=True)
class Event:
    """Send any JSON as an event."""

    data: object


@dataclass(frozen=True, slots=True)
class Raw:
    """Send these bytes as they are."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until a test sets the event."""

    event: asyncio.Event


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing more, until the client goes."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Reset the connection."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection in the middle of the body, without a reset."""


Step = Head | Reply | Text | Reasoning | Finish | Usage | Event | Raw | Wait | Pause | Stall | Abort | Cut
Script = Sequence[Step]

DONE = Raw(b"data: [DONE]\n\n")


def answer(*texts: str, reason: str = "stop") -> list[Step]:
    """Return the script of a whole, regular answer."""
    return [*map(Text, texts), Finish(reason), Usage(), DONE]


def event(data: object) -> bytes:
    """Return ``data`` as one event of the stream."""
    try:
        return b"data: " + orjson.dumps(data) + b"\n\n"
    except orjson.JSONEncodeError:  # Lone surrogates, which only the standard library writes.
        return b"data: " + json.dumps(data).encode() + b"\n\n"


def delta_event(delta: Mapping[str, object], *, model: str, finish_reason: str | None = None) -> bytes:
    """Return a delta as OpenAI's ``chat.completion.chunk``."""
    return event(
        {
            "id": "chatcmpl-fake",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": model,
            "system_fingerprint": "fp_fake",
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
        }
    )


def usage_event(usage: Usage, *, model: str) -> bytes:
    """Return the usage as OpenAI's last chunk, which has no choices."""
    tokens = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    total = usage.prompt_tokens + usage.completion_tokens
    chunk = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1_700_000_000}
    return event(chunk | {"model": model, "choices": [], "usage": tokens | {"total_tokens": total}})


def step_bytes(step: Step, *, model: str, usage_asked: bool) -> bytes:
    """Return what a step that says something puts on the wire."""
    match step:
        case Text(text):
            return delta_event({"content": text}, model=model)
        case Reasoning(text, name):
            return delta_event({name: text}, model=model)
        case Finish(reason):
            return delta_event({}, model=model, finish_reason=reason)
        case Usage():
            return usage_event(step, model=model) if usage_asked else b""
        case Event(data):
            return event(data)
        case Raw(data):
            return data
        case _:
            raise TypeError(f"{step} says nothing")


def in_http_chunks(events: Iterable[bytes]) -> list[bytes]:
    """Return each of ``events`` in HTTP's chunked encoding, ready for the socket."""
    return [b"%x\r\n%b\r\n" % (len(data), data) for data in events]
