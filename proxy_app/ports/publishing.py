"""The port to Centrifugo: where publications go, and what it remembers of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.positions import HistoryEdges, Position


def caller_channel(user: str) -> str:
    """Return the channel that ``user``, and nobody else, can subscribe to; never built from other input."""
    return f"chat:#{user}"


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication, cut once: whoever sends it again sends the identical bytes."""

    data: bytes
    """The event as JSON; a Centrifugo publication's ``data``."""
    idempotency_key: str | None = None
    """Makes Centrifugo drop a repetition within 300 s; ``None`` for whole-state events."""


class PublicationSink(Protocol):
    """Where publications go; one for the whole process, so that calls can be shared."""

    async def publish(self, channel: str, publications: Sequence[Publication], /) -> Position:
        """Send ``publications`` in order, again and again until all are taken; return the last position.

        Whoever stops waiting (by cancelling) leaves open whether they were taken.
        """
        ...

    def announce(self, channel: str, publications: Sequence[Publication], /) -> None:
        """Send ``publications`` in order without making anybody wait; give up after some minutes."""
        ...

    def acknowledged(self, channel: str, /) -> Position | None:
        """Return the last position of a channel that this process saw acknowledged, if that is remembered."""
        ...


class ChannelHistory(Protocol):
    """What Centrifugo remembers of a channel."""

    async def edges(self, channel: str, /) -> HistoryEdges:
        """Return the oldest kept offset, the top and the epoch.

        Raises:
            PublishError: Centrifugo can't be asked.
        """
        ...


def idempotency_key(run: str, attempt: int, seq: int) -> str:
    """Return what makes Centrifugo drop a repetition of a run's publication."""
    return f"{run}:{attempt}:{seq}"
