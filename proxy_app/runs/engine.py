"""The runs of this process: each has one task, and all have one owner."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.accumulator import Accumulator
from ..core.coalescer import Coalescer
from ..core.events import RunAddress
from ..core.objects import RunError, RunState
from ..core.outcomes import failed
from ..errors import OwnershipLostError, UnavailableError
from ..ports import ChatModel, Leftover, Publication, PublicationSink, RunStore, Sent
from .checkpoints import Checkpoints
from .live import LiveRun
from .recovery import Sweeper
from .writer import INTERNAL, Assignment, RunWriter, WriterOptions

_log = logging.getLogger(__name__)

_ENVELOPE = 20_480
"""Bytes of a publication that are kept for what is not text: ids, and the ends of all parts."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Limits and intervals of all runs."""

    publish_interval: float
    checkpoint_interval: float
    max_answer: int
    max_runs: int
    max_publication_size: int
    writer: WriterOptions


class Runs:
    """Start runs, stop them, say how far they are, and see them off in the end."""

    def __init__(
        self,
        *,
        model: ChatModel,
        store: RunStore,
        sink: PublicationSink,
        clock: Callable[[], int],
        options: RunOptions,
    ) -> None:
        self._options = options
        self._live: dict[str, LiveRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._draining = False
        self._checkpoints = Checkpoints(store, self._live, interval=options.checkpoint_interval)
        published = self._checkpoints.published
        self._writer = RunWriter(
            model=model, store=store, sink=sink, published=published, options=options.writer
        )
        self._sweeper = Sweeper(store=store, sink=sink, published=published, clock=clock, live=self._live)

    async def recover(self) -> None:
        """End what a former process left behind, before anything is started.

        Raises:
            UnavailableError: The database is away.
        """
        await self._sweeper.end_leftovers()

    async def run(self) -> None:
        """Do what all runs share: checkpoints, and ends that are owed."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._checkpoints.run(), name="checkpoints")
            group.create_task(self._sweeper.run(), name="sweeper")

    def refusal(self) -> UnavailableError | None:
        """Return why no run may be started now, if so: the process is stopping, or has too many."""
        if self._draining:
            return UnavailableError("The server is restarting. Try again in a moment.")
        if len(self._tasks) >= self._options.max_runs:
            return UnavailableError("The server is writing as many answers as it can. Try again soon.")
        return None

    def start(self, user: str, sent: Sent, announcements: Sequence[Publication]) -> None:
        """Begin the run that answers ``sent``, and return at once."""
        reply = sent.reply
        if reply.run is None:
            raise TypeError("an answer has a run")
        options = self._options
        live = LiveRun(
            RunAddress(reply.conversation, reply.id, reply.run.id, reply.run.attempt),
            user=user,
            accumulator=Accumulator(options.max_answer),
            # A character takes at most six bytes in JSON.
            coalescer=Coalescer(options.publish_interval, (options.max_publication_size - _ENVELOPE) // 6),
        )
        if sent.stopped:
            live.stop("cancelled")
        after = [self._tasks[run] for run in sent.stopping if run in self._tasks]
        for run in sent.stopping:
            self.stop(run)
        assignment = Assignment(reply.model or "", sent.message.id, announcements, after)
        self._live[reply.run.id] = live
        task = asyncio.create_task(self._write(live, assignment), name=f"run {reply.run.id}")
        self._tasks[reply.run.id] = task
        task.add_done_callback(lambda done: self._forget(live.address.run, done))

    def stop(self, run: str) -> None:
        """Make a run end as cancelled, if it is one of this process."""
        if run in self._live:
            self._live[run].stop("cancelled")

    def state(self, run: str) -> RunState | None:
        """Return all that was published of a run of this process, or is about to be."""
        live = self._live.get(run)
        return None if live is None else live.state()

    async def aclose(self, grace: float) -> None:
        """Let runs finish for ``grace`` seconds, interrupt what is left, and store what there is to store."""
        self._draining = True
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=grace)
        for live in self._live.values():
            live.stop("interrupted")
        if self._tasks:
            late = 2 * self._options.writer.end_timeout
            _, lost = await asyncio.wait(self._tasks.values(), timeout=late)
            for task in lost:
                task.cancel()
            await asyncio.gather(*lost, return_exceptions=True)
        await self._checkpoints.save()

    async def _write(self, live: LiveRun, assignment: Assignment) -> None:
        try:
            await self._writer.write(live, assignment)
        except* OwnershipLostError:
            _log.warning("Run %s is not this process's any more", live.address.run)
        except* Exception:
            _log.exception("Run %s broke off by a bug", live.address.run)
            error = RunError("internal", INTERNAL)
            await self._sweeper.end(Leftover(live.user, live.state()), failed(error))

    def _forget(self, run: str, task: "asyncio.Task[None]") -> None:
        self._live.pop(run, None)
        self._tasks.pop(run, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Run %s could not be ended; the next start will do so", run, exc_info=error)
