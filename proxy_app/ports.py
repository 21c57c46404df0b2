"""What the inside needs from the outside, in the words of the inside; adapters fit by shape."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from .core.chunks import ModelChunk
from .core.positions import HistoryEdges, Position


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One turn of what the model is told."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that users may choose, as the connect reply names it (``protocol.md`` §1)."""

    id: str
    name: str
    demo: bool = False
    """Whether the page has to say that this is no believable assistant."""


class ChatModel(Protocol):
    """A language model that answers in chunks."""

    def stream(
        self, model: str, messages: Sequence[PromptMessage], /
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[ModelChunk]]]:
        """Open a completion; leaving the block closes the connection at once.

        The iterator yields what one read from the network brought, in order. It ends after the model's
        ``Finish`` (and ``Usage``, where the upstream tells it); a stream that breaks off before raises.

        Raises:
            ModelError: The model refused, or the way to it broke; while opening or while iterating.
        """
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication, cut once: whoever sends it again sends the identical bytes."""

    data: bytes
    """The event as JSON; a Centrifugo publication's ``data``."""
    idempotency_key: str | None = None
    """Makes Centrifugo drop a repetition within 300 s (F§3.3); ``None`` for whole-state events."""


class PublicationSink(Protocol):
    """Where publications go; one for the whole process, so that calls can be shared."""

    async def publish(self, channel: str, publications: Sequence[Publication], /) -> Position:
        """Send ``publications`` in order, again and again until all are taken; return the last position.

        Whoever stops waiting (by cancelling) leaves open whether they were taken.
        """
        ...


class ChannelHistory(Protocol):
    """What Centrifugo remembers of a channel."""

    async def edges(self, channel: str, /) -> HistoryEdges:
        """Return the oldest kept offset, the top and the epoch.

        Raises:
            PublishError: Centrifugo can't be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """Who wants to connect, as Centrifugo's connect proxy tells it (F§2.2)."""

    data: dict[str, object]
    """The client's own ``data``; client-controlled."""
    headers: dict[str, str]
    """Forwarded headers, names in lower case; ``authorization`` is client-controlled, too."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is behind a connection."""

    user: str
    """1-64 of ``[A-Za-z0-9_.@:-]``; never empty, which Centrifugo would take for anonymous (F§2.4)."""
    expires_at: int
    """When to ask again, in Unix seconds; always in the future (F§2.4)."""
    name: str | None = None
    token: str | None = None
    """A renewed token for the client to keep, if there is one."""


class Authenticator(Protocol):
    """Decides who is connecting."""

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        """Return who this is.

        Raises:
            NotAuthenticatedError: Nobody who may connect.
            UnavailableError: It can't be decided now; the client tries again.
        """
        ...

    async def refresh(self, user: str, /) -> Identity | None:
        """Return the identity of somebody who is connected, or ``None`` if the connection must end.

        Raises:
            UnavailableError: It can't be decided now; the connection stays for the time being.
        """
        ...
