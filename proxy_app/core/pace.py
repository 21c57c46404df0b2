"""How fast a user may call: as it were a bucket of calls for each, which fills up again by itself."""

from dataclasses import dataclass, field
from itertools import islice

BURST = 10.0
"""Seconds' worth of calls that may be made at once."""
_ROUNDING = 1e-6
"""Seconds that sums of times may be wrong by."""


@dataclass(slots=True)
class Pace:
    """Measure calls out to users; times are seconds of any clock that only goes forward."""

    most_users: int = 100_000
    """How many are remembered; whoever called the longest ago goes first, and has a full bucket then."""
    _full_at: dict[str, float] = field(default_factory=dict)
    """When the bucket of each user is full again, in the order of their last calls."""

    def take(self, user: str, calls: int, rate: float, now: float) -> float:
        """Take ``calls`` out of a bucket that ``rate`` calls a second fill, and return 0.

        Where there are not so many in it, nothing is taken, and the seconds are returned until there are.
        A full bucket is enough for anything.
        """
        self._forget(now)
        full_at = max(self._full_at.pop(user, now), now)
        after = full_at + calls / rate
        is_refused = full_at > now and after - now > BURST + _ROUNDING
        self._full_at[user] = full_at if is_refused else after
        return after - now - BURST if is_refused else 0

    def _forget(self, now: float) -> None:
        """Forget users with full buckets, two for each that may be added; and any if there are too many."""
        for user in list(islice(self._full_at, 2)):
            if self._full_at[user] <= now or len(self._full_at) >= self.most_users:
                del self._full_at[user]
