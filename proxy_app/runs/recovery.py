"""Ending runs that nobody writes any more, and publishing ends that nobody knows to be published."""

import asyncio
import logging
from collections.abc import Callable, Container
from dataclasses import replace
from zlib import crc32

from ..core.events import RunAddress, run_end, run_event, run_reset
from ..core.outcomes import Outcome, stopped
from ..core.text import utf16_length
from ..errors import OwnershipLostError, UnavailableError
from ..ports import (
    Ending,
    Leftover,
    OwedEnd,
    Publication,
    PublicationSink,
    RunStore,
    caller_channel,
    idempotency_key,
)

_log = logging.getLogger(__name__)


def ending_of(leftover: Leftover, outcome: Outcome) -> Ending:
    """Return the end that a new owner gives a run: its text so far is kept, and the next attempt says so."""
    state = leftover.state
    parts = [part for part in state.parts if part.text]
    lengths = [(part.id, utf16_length(part.text)) for part in parts]
    attempt = state.run.attempt + 1
    status = replace(
        state.run,
        attempt=attempt,
        seq=1,
        status=outcome.status,
        finish_reason=outcome.finish_reason,
        error=outcome.error,
    )
    address = RunAddress(state.conversation, state.message, state.run.id, attempt)
    ends = [
        (part, length, crc32(text.text.encode())) for (part, length), text in zip(lengths, parts, strict=True)
    ]
    data = run_event(address, 1, [run_reset(lengths), run_end(status, ends)])
    publication = Publication(data, idempotency_key(state.run.id, attempt, 1))
    return Ending(status, state.run.attempt, state.message, parts, publication)


class Sweeper:
    """See to it that every run that ended is known to have ended."""

    def __init__(
        self,
        *,
        store: RunStore,
        sink: PublicationSink,
        published: Callable[[str], None],
        clock: Callable[[], int],
        live: Container[str],
        interval: float = 5,
        publish_timeout: float = 10,
    ) -> None:
        self._store = store
        self._sink = sink
        self._published = published
        self._clock = clock
        self._live = live
        self._interval = interval
        self._publish_timeout = publish_timeout

    async def end_leftovers(self) -> None:
        """End what a former process left running; their ends are published by `run`.

        Raises:
            UnavailableError: The database is away.
        """
        for leftover in await self._store.leftovers():
            if leftover.state.run.id not in self._live:
                await self.end(leftover, stopped("interrupted"))

    async def end(self, leftover: Leftover, outcome: Outcome) -> None:
        """End one run that nobody writes any more.

        Raises:
            UnavailableError: The database is away.
        """
        try:
            await self._store.finish(ending_of(leftover, outcome))
        except OwnershipLostError:
            return
        _log.warning("Run %s was left behind and has been ended: %s", leftover.state.run.id, outcome.status)

    async def run(self) -> None:
        """Publish what is owed, again and again; the task that runs this owns all of it."""
        while True:
            try:
                await self._publish_owed()
            except UnavailableError as exc:
                _log.warning("Ends that are owed can't be looked up: %s", exc)
            await asyncio.sleep(self._interval)

    async def _publish_owed(self) -> None:
        owed = await self._store.owed_ends(self._clock())
        mine = [end for end in owed if end.run not in self._live]
        await asyncio.gather(*(self._publish(end) for end in mine))

    async def _publish(self, end: OwedEnd) -> None:
        try:
            async with asyncio.timeout(self._publish_timeout):
                await self._sink.publish(caller_channel(end.user), [end.publication])
        except TimeoutError:
            return
        self._published(end.run)
