"""Keeping what was published: all runs of the process in one transaction, once a second."""

import asyncio
import logging
from collections.abc import Mapping

from ..errors import UnavailableError
from ..ports import PublicationSink, RunStore, caller_channel
from .live import LiveRun

_log = logging.getLogger(__name__)


class Checkpoints:
    """Store what runs have said since the last time; publishing never waits for it."""

    def __init__(
        self, store: RunStore, sink: PublicationSink, live: Mapping[str, LiveRun], *, interval: float
    ) -> None:
        self._store = store
        self._sink = sink
        self._live = live
        self._interval = interval
        self._published: set[str] = set()

    def published(self, run: str) -> None:
        """Note that a run's end was published; the next checkpoint stores that."""
        self._published.add(run)

    async def run(self) -> None:
        """Store, again and again; the task that runs this is the only one that does."""
        while True:
            await asyncio.sleep(self._interval)
            await self.save()

    async def save(self) -> None:
        """Store what is not stored yet; what can't be now is stored next time."""
        taken = []
        for run in self._live.values():
            position = self._sink.acknowledged(caller_channel(run.user))
            if (checkpoint := run.checkpoint(position)) is not None:
                taken.append((run, checkpoint))
        published = tuple(self._published)
        if not taken and not published:
            return
        try:
            await self._store.checkpoint([checkpoint for _, checkpoint in taken], published)
        except UnavailableError as exc:
            _log.warning("A checkpoint has to wait: %s", exc)
            return
        for run, checkpoint in taken:
            run.saved(checkpoint)
        self._published.difference_update(published)
