"""The objects that travel (``docs/protocol.md`` §3), each of which knows its JSON form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from .chunks import FinishReason, Usage

RunStatusName = Literal["running", "completed", "cancelled", "failed", "interrupted", "incomplete"]
PartType = Literal["text", "reasoning"]
Json = dict[str, Any]


def rfc3339(milliseconds: int) -> str:
    """Return a time, given in milliseconds since 1970, as RFC 3339 in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message; ``id`` is unique in its message."""

    id: str
    type: PartType
    text: str

    def to_json(self) -> Json:
        """Return the part as it travels."""
        return {"id": self.id, "type": self.type, "text": self.text}


def said(parts: Sequence[Part]) -> str:
    """Return what parts say to a model that is told of them: their texts, nothing of the reasoning."""
    return "".join(part.text for part in parts if part.type == "text")


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run failed; ``message`` is for the user."""

    code: str
    message: str
    retry_after: float | None = None

    def to_json(self) -> Json:
        """Return the error as it travels."""
        told = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return {"code": self.code, "message": self.message, **told}


@dataclass(frozen=True, slots=True)
class RunStatus:
    """How far a run is, and how it ended."""

    id: str
    attempt: int
    seq: int
    status: RunStatusName
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    error: RunError | None = None

    def to_json(self) -> Json:
        """Return the status as it travels."""
        return {"id": self.id, "attempt": self.attempt, "seq": self.seq, **self.outcome()}

    def outcome(self) -> Json:
        """Return what status and run-end have in common."""
        fields: Json = {"status": self.status}
        if self.finish_reason is not None:
            fields["finish_reason"] = self.finish_reason
        if self.usage is not None:
            fields["usage"] = usage_json(self.usage)
        if self.error is not None:
            fields["error"] = self.error.to_json()
        return fields


def usage_json(usage: Usage) -> Json:
    """Return the usage as it travels."""
    fields: Json = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    return {**fields, "estimated": True} if usage.estimated else fields


@dataclass(frozen=True, slots=True)
class RunState:
    """A run's whole content at ``(run.attempt, run.seq)``."""

    conversation: str
    message: str
    run: RunStatus
    parts: Sequence[Part]

    def to_json(self) -> Json:
        """Return the state as it travels."""
        return {
            "conversation": self.conversation,
            "message": self.message,
            "run": self.run.to_json(),
            "parts": [part.to_json() for part in self.parts],
        }


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a user keeps: a tree of messages, of which the branch that ends in ``head`` is shown."""

    id: str
    title: str
    created_at: int
    """Milliseconds since 1970, as all times in here."""
    updated_at: int
    head: str | None
    version: int
    deleted: bool = False

    def to_json(self) -> Json:
        """Return the conversation as it travels; of a deleted one nothing is told that was said in it."""
        fields: Json = {
            "id": self.id,
            "title": "" if self.deleted else self.title,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "head": None if self.deleted else self.head,
            "version": self.version,
        }
        return {**fields, "deleted": True} if self.deleted else fields


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; edits and regenerations are siblings, nothing is overwritten."""

    id: str
    conversation: str
    parent: str | None
    role: Literal["user", "assistant"]
    created_at: int
    version: int
    parts: Sequence[Part]
    client_message_id: str | None = None
    model: str | None = None
    run: RunStatus | None = None
    left_out: int = 0
    """How many of the oldest messages the model was not told, because they did not fit."""
    reasoning_ms: int | None = None
    """Milliseconds from the first reasoning to the first text, or to the end."""
    siblings: Sequence[str] = ()
    """All messages with the same parent, oldest first, where there is more than this one."""

    def to_json(self) -> Json:
        """Return the message as it travels."""
        fields: Json = {
            "id": self.id,
            "conversation": self.conversation,
            "parent": self.parent,
            "role": self.role,
            "created_at": rfc3339(self.created_at),
            "version": self.version,
            "parts": [part.to_json() for part in self.parts],
        }
        if self.client_message_id is not None:
            fields["client_message_id"] = self.client_message_id
        if self.model is not None:
            fields["model"] = self.model
        if self.run is not None:
            fields["run"] = self.run.to_json()
        metadata: Json = {"context": {"left_out": self.left_out}} if self.left_out else {}
        if self.reasoning_ms is not None:
            metadata["reasoning_ms"] = self.reasoning_ms
        if metadata:
            fields["metadata"] = metadata
        if self.siblings:
            fields["siblings"] = list(self.siblings)
        return fields
