"""The turnstile: how fast one user may call, so that there is time for all others."""

import asyncio
from collections.abc import Callable

from ..core.pace import Pace
from ..core.quotas import Limits
from ..core.sentences import in_words
from ..errors import RateLimitedError
from ..ports import Caller

MOST_HELD = 256
"""Refusals that are held back at the same time; each holds one connection of Centrifugo."""


class Turnstile:
    """Lets calls pass at their user's pace; ``clock`` returns seconds and only goes forward.

    It counts in this process alone, so that over several replicas a user has more: it is not there to save
    money, as quotas are, but for nobody to keep a process to themselves.
    """

    def __init__(self, limits: Limits, *, clock: Callable[[], float], hold: float = 0.5) -> None:
        """Hold refusals back for ``hold`` seconds; ``limits`` are those of whom nothing else is known."""
        self._limits = limits
        self._clock = clock
        self._hold = hold
        self._pace = Pace()
        self._held = 0

    async def pass_through(self, caller: Caller, calls: int) -> None:
        """Let something pass that counts as so many calls.

        Raises:
            RateLimitedError: The user calls too fast.
        """
        own = caller.limits.calls_per_second
        rate = self._limits.calls_per_second if own is None else own
        if rate is None:
            return
        wait = self._pace.take(caller.user, calls, max(rate, 1), self._clock())
        if not wait:
            return
        if self._held < MOST_HELD:
            # Being refused costs hardly less than being answered: who calls without end has to wait for it.
            self._held += 1
            try:
                await asyncio.sleep(self._hold)
            finally:
                self._held -= 1
        raise RateLimitedError(f"That was too much at once. Try again in {in_words(int(wait * 1000) + 1)}.")
