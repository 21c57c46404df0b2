"""The port to what runs in progress keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.content import Piece
from ..core.objects import Part, RunStatus
from ..core.positions import Position
from .models import PromptMessage
from .publishing import Publication


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was cut into publications of a run and is not stored yet."""

    run: str
    attempt: int
    seq: int
    pieces: Sequence[tuple[int, Piece]]
    """Pieces with their numbers within the attempt; a number never means another piece."""
    position: Position | None
    """The last acknowledged position on the run's channel when ``pieces`` were taken, if that is known."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A run's end: what is stored in one transaction, and then published."""

    run: RunStatus
    expected_attempt: int
    """The attempt that the writer owns; if the run has another by now, nothing is written."""
    user: str
    message: str
    parts: Sequence[Part]
    publication: Publication
    """The publication with the run's ``run-end``; whoever publishes it again publishes the same."""
    left_out: int = 0
    """How many of the oldest messages the model was not told."""
    reasoning_ms: int | None = None
    """Milliseconds from the first reasoning to the first text, or to the end."""


@dataclass(frozen=True, slots=True)
class OwedEnd:
    """An end that is stored, but of which nobody knows whether it was published."""

    run: str
    user: str
    publication: Publication


class RunStore(Protocol):
    """Where runs in progress keep what must not be lost.

    Raises:
        UnavailableError: The database is away; trying again may help.
    """

    async def prompt(self, message: str, /, *, limit: int) -> list[PromptMessage]:
        """Return the branch that ends in ``message``, at most its last ``limit`` messages, in order."""
        ...

    async def checkpoint(self, checkpoints: Sequence[Checkpoint], acknowledged: Sequence[str], /) -> None:
        """Store new text, and that the ends of ``acknowledged`` runs were published, in one transaction."""
        ...

    async def finish(self, ending: Ending, /) -> None:
        """Store a run's end.

        Raises:
            OwnershipLostError: The run has another attempt, has ended, or is gone.
        """
        ...

    async def owed_ends(self, before: int, /) -> list[OwedEnd]:
        """Return the ends from before ``before`` (milliseconds) that are not known to be published."""
        ...
