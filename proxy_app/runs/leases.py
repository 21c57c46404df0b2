"""Keeping what is ours: leases on all runs of the process, renewed in one statement."""

import asyncio
import logging
from collections.abc import Mapping

from ..errors import UnavailableError
from ..ports import Leases
from .live import LiveRun

_log = logging.getLogger(__name__)


class LeaseKeeper:
    """Renew the leases on runs that are being read; stop what was stopped elsewhere, let go what was lost."""

    def __init__(self, leases: Leases, live: Mapping[str, LiveRun], *, interval: float) -> None:
        self._leases = leases
        self._live = live
        self._interval = interval

    async def run(self) -> None:
        """Renew, again and again; the task that runs this is the only one that does."""
        while True:
            await asyncio.sleep(self._interval)
            await self.renew()

    async def renew(self) -> None:
        """Renew once; while the database is away nobody else can take a run either."""
        # Those whose end is being stored are fenced by that.
        reading = {name: run for name, run in self._live.items() if not run.read.is_set()}
        try:
            held = await self._leases.renew(tuple(reading))
        except UnavailableError as exc:
            _log.warning("Leases can't be renewed: %s", exc)
            return
        for name, run in reading.items():
            if name not in held or held[name].attempt != run.address.attempt:
                if not run.read.is_set():
                    _log.warning("Run %s has another owner", name)
                    run.let_go()
            elif held[name].stop_requested:
                run.stop("cancelled")
