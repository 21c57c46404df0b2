"""Positions in a channel's history, and which of them may be handed to a client."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A publication's place in a channel's history, and which history that is."""

    offset: int
    epoch: str


@dataclass(frozen=True, slots=True)
class HistoryEdges:
    """What a channel's history still holds."""

    oldest: int
    """Offset of the oldest publication kept; ``top + 1`` when none is."""
    top: Position
    """Position of the newest publication ever."""


def replayable(edges: HistoryEdges, lower_bounds: Iterable[Position | None]) -> Position:
    """Return the latest position that is not above any bound and that history can be replayed from.

    A bound says from where on somebody's snapshot may lack something; ``None`` stands for "unknown". A
    position that history no longer holds would make the client ask for ever, so what is older,
    or of another epoch, becomes the oldest that can be served; the reducer's gap rule heals the rest.
    """
    floor = edges.oldest - 1
    offset = edges.top.offset
    for bound in lower_bounds:
        known = bound is not None and bound.epoch == edges.top.epoch
        offset = min(offset, bound.offset if known and bound else floor)
    return Position(max(offset, floor), edges.top.epoch)
