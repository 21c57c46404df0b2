"""Runs whose owner is gone, and ends that nobody knows to be published."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ..core.outcomes import StopReason, stopped
from ..core.recovery import decide
from ..errors import OwnershipLostError, UnavailableError
from ..ports import Leases, OwedEnd, PublicationSink, RunStore, Taken, caller_channel
from .live import LiveRun

_log = logging.getLogger(__name__)

_ENDS_AT_ONCE = 8
"""Ends that are stored at the same time, so that leases can be renewed meanwhile."""
_SLOW = 1.0
"""Seconds after which a look into the database counts as one at which it was away."""
_BATCH = 100
"""Runs that are taken in one transaction at most."""


class Sweeper:
    """See to it that every run has an owner or an end, and that every end is known."""

    def __init__(
        self,
        *,
        store: RunStore,
        leases: Leases,
        sink: PublicationSink,
        published: Callable[[str], None],
        live: Collection[str],
        revive: Callable[[Taken], LiveRun],
        resume: Callable[[Taken], None],
        clock: Callable[[], int],
        chance: float,
        interval: float = 1,
        owed_age: int = 5_000,
        publish_timeout: float = 10,
    ) -> None:
        self._store = store
        self._leases = leases
        self._sink = sink
        self._published = published
        self._live = live
        self._revive = revive
        self._resume = resume
        self._clock = clock
        self._chance = chance
        self._interval = interval
        self._owed_before: Sequence[OwedEnd] = ()
        self._owed_age = owed_age
        self._publish_timeout = publish_timeout
        self._ending = asyncio.Semaphore(_ENDS_AT_ONCE)

    async def recover(self) -> None:
        """Take over what a former process in our place was writing when it died.

        Raises:
            UnavailableError: The database is away.
        """
        # Looked up before any run of ours can owe its own. Should it be another replica's that is about to
        # publish it, the two publications are the same.
        self._owed_before = await self._store.owed_ends(self._clock() + 1)
        await self._settle(await self._leases.take_left_behind())

    async def run(self) -> None:
        """Sweep, again and again; the task that runs this owns all of it."""
        was_away = False
        await self._publish_all(self._owed_before)
        while True:
            try:
                await self._sweep(was_away=was_away)
                was_away = False
            except UnavailableError as exc:
                _log.warning("Runs without an owner can't be looked up: %s", exc)
                was_away = True
            await asyncio.sleep(self._interval)

    async def _sweep(self, *, was_away: bool) -> None:
        """Sweep once; owners that the database kept from renewing their leases may do so before."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._leases.running(())
        if was_away or loop.time() - began > _SLOW:
            await asyncio.sleep(self._chance)
        await self._take_expired()
        await self._publish_all(await self._store.owed_ends(self._clock() - self._owed_age))

    async def _take_expired(self) -> None:
        while taken := await self._leases.take_expired(except_for=self._live, limit=_BATCH):
            await self._settle(taken)

    async def _settle(self, all_taken: Collection[Taken]) -> None:
        over: list[tuple[Taken, StopReason]] = []
        for taken in all_taken:
            decision = decide(taken.takeover)
            _log.warning("Run %s lost its owner: %s", taken.state.run.id, decision)
            if decision == "cancel":
                over.append((taken, "cancelled"))
            elif decision == "interrupt":
                over.append((taken, "interrupted"))
            elif decision == "retry":
                await self._leases.discard(taken.state.run.id)
                self._resume(replace(taken, state=replace(taken.state, parts=()), pieces=0))
            else:
                self._resume(taken)
        ends = await asyncio.gather(*(self._end(taken, reason) for taken, reason in over))
        await asyncio.gather(*(self._publish(end) for end in ends if end is not None))

    async def _end(self, taken: Taken, reason: StopReason) -> OwedEnd | None:
        """End a run that was taken, with its text kept; return what is to be published."""
        live = self._revive(taken)
        *_, publication = live.finish(stopped(reason), now=0)
        try:
            async with self._ending:
                await self._store.finish(live.ending(publication))
        except OwnershipLostError:
            return None
        except UnavailableError as exc:
            _log.warning("The end of run %s has to wait for its lease: %s", taken.state.run.id, exc)
            return None
        return OwedEnd(taken.state.run.id, taken.user, publication)

    async def _publish_all(self, owed: Sequence[OwedEnd]) -> None:
        await asyncio.gather(*(self._publish(end) for end in owed if end.run not in self._live))

    async def _publish(self, end: OwedEnd) -> None:
        try:
            async with asyncio.timeout(self._publish_timeout):
                await self._sink.publish(caller_channel(end.user), [end.publication])
        except TimeoutError:
            return  # It stays owed.
        self._published(end.run)
