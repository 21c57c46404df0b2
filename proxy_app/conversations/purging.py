"""Removing for good what was deleted long ago, and stops whose send never came."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ..errors import UnavailableError
from ..ports import Trash

_log = logging.getLogger(__name__)

DAY = 86_400_000
"""Milliseconds."""
_LATE = 3_600_000
"""Milliseconds after which no send comes any more that an early stop was meant for."""


class Purge:
    """Remove in small transactions, with pauses for others; every replica may, at the same time."""

    def __init__(
        self,
        trash: Trash,
        *,
        clock: Callable[[], int],
        retention: float | None,
        interval: float = 3600,
        pause: float = 0.05,
    ) -> None:
        """Keep what is deleted for ``retention`` days or for ever; sleep ``interval`` seconds in between."""
        self._trash = trash
        self._clock = clock
        self._retention = retention
        self._interval = interval
        self._pause = pause

    async def run(self) -> None:
        """Sweep, again and again; the task that runs this owns all of it."""
        while True:
            try:
                await self.sweep()
            except UnavailableError as exc:
                _log.warning("What was deleted can't be removed now: %s", exc)
            await asyncio.sleep(self._interval)

    async def sweep(self) -> None:
        """Remove all that may go by now.

        Raises:
            UnavailableError: The database is away; what is done is done.
        """
        now = self._clock()
        await self._all_of(lambda: self._trash.forget_stops(now - _LATE))
        if self._retention is not None:
            before = now - int(self._retention * DAY)
            await self._all_of(lambda: self._trash.disown(before))
        await self._all_of(self._trash.remove)

    async def _all_of(self, step: Callable[[], Awaitable[bool]]) -> None:
        while await step():  # noqa: ASYNC110  # It is work, not waiting.
            await asyncio.sleep(self._pause)
