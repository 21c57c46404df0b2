"""The port to who owns which run."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.objects import RunState
from ..core.recovery import Takeover


@dataclass(frozen=True, slots=True)
class Held:
    """A run that is still ours."""

    attempt: int
    stop_requested: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that has become ours: its attempt is raised, so that its former owner is believed no more."""

    user: str
    model: str
    prompt: str
    """The user message that it answers."""
    state: RunState
    """What is kept of it, at ``(attempt, 0)``."""
    pieces: int
    """Number that the next piece of its text has to have."""
    takeover: Takeover


class Leases(Protocol):
    """Who owns which run, by database time; this process is one owner.

    Raises:
        UnavailableError: The database is away; trying again may help.
    """

    async def renew(self, runs: Sequence[str], /) -> Mapping[str, Held]:
        """Renew the leases on ``runs`` in one statement; those missing in the answer are lost or ended."""
        ...

    async def release(self, runs: Sequence[str], /) -> None:
        """Leave ``runs`` to whoever comes first."""
        ...

    async def take_expired(self, *, except_for: Collection[str], limit: int) -> list[Taken]:
        """Take runs whose lease ran out, but none that is in ``except_for`` then, being written here."""
        ...

    async def take_left_behind(self) -> list[Taken]:
        """Take what a former process in our place was writing when it died; nobody waits for its leases."""
        ...

    async def discard(self, run: str, /) -> None:
        """Forget what is kept of a run of ours, which begins anew."""
        ...

    async def running(self, runs: Sequence[str], /) -> set[str]:
        """Return which of ``runs`` have not ended."""
        ...
