"""What the caller's channel carries (``docs/protocol.md`` §4), as the bytes that are published."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from .objects import Conversation, Json, Message, PartType, RunStatus


@dataclass(frozen=True, slots=True)
class PartStart:
    """A part begins."""

    part: str
    type: PartType

    def to_json(self) -> Json:
        """Return the chunk as it travels."""
        return {"type": f"{self.type}-start", "id": self.part}


@dataclass(frozen=True, slots=True)
class PartDelta:
    """A part goes on."""

    part: str
    type: PartType
    text: str

    def to_json(self) -> Json:
        """Return the chunk as it travels."""
        return {"type": f"{self.type}-delta", "id": self.part, "delta": self.text}


@dataclass(frozen=True, slots=True)
class PartEnd:
    """A part is complete."""

    part: str
    type: PartType

    def to_json(self) -> Json:
        """Return the chunk as it travels."""
        return {"type": f"{self.type}-end", "id": self.part}


PartChunk = PartStart | PartDelta | PartEnd


@dataclass(frozen=True, slots=True)
class RunAddress:
    """What every publication of one attempt of a run says of itself."""

    conversation: str
    message: str
    run: str
    attempt: int


def run_event(address: RunAddress, seq: int, chunks: Sequence[Json]) -> bytes:
    """Return a publication of a run's content."""
    return orjson.dumps(
        {
            "type": "run",
            "conversation": address.conversation,
            "message": address.message,
            "run": address.run,
            "attempt": address.attempt,
            "seq": seq,
            "chunks": chunks,
        }
    )


def start(message: str) -> Json:
    """Return the chunk that opens a run's first publication."""
    return {"type": "start", "messageId": message}


def left_out(turns: int) -> Json:
    """Return the chunk that says that the model was not told the oldest ``turns`` messages."""
    return {"type": "message-metadata", "messageMetadata": {"context": {"left_out": turns}}}


def reasoned(milliseconds: int) -> Json:
    """Return the chunk that says for how long the model reasoned before it answered."""
    return {"type": "message-metadata", "messageMetadata": {"reasoning_ms": milliseconds}}


def run_reset(keep: Sequence[tuple[str, int]]) -> Json:
    """Return the chunk that opens a takeover; ``keep`` holds part ids and lengths in UTF-16 units."""
    return {"type": "run-reset", "keep": [{"id": part, "length": length} for part, length in keep]}


def run_end(status: RunStatus, parts: Sequence[tuple[str, int, int]]) -> Json:
    """Return a run's last chunk; ``parts`` holds part ids, lengths in UTF-16 units and CRC-32s."""
    ends = [{"id": part, "length": length, "crc32": f"{crc:08x}"} for part, length, crc in parts]
    return {"type": "run-end", **status.outcome(), "parts": ends}


def conversation_event(conversation: Conversation) -> bytes:
    """Return a publication of a conversation's whole state."""
    return orjson.dumps({"type": "conversation", "conversation": conversation.to_json()})


def message_event(message: Message, limit: int) -> bytes:
    """Return a publication of a message's whole state, without its parts above ``limit`` bytes."""
    fields = message.to_json()
    data = orjson.dumps({"type": "message", "message": fields})
    if len(data) <= limit:
        return data
    return orjson.dumps({"type": "message", "message": {**fields, "parts": [], "truncated": True}})
