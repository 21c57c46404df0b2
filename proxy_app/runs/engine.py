"""The runs of this process: each has one task, and all have one owner."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..core.accumulator import Accumulator
from ..core.coalescer import Coalescer
from ..core.events import RunAddress
from ..core.objects import RunState, said
from ..core.positions import Position
from ..core.recovery import Policy
from ..errors import OwnershipLostError, PublishError, UnavailableError
from ..ports import (
    ChannelHistory,
    ChatModel,
    Leases,
    Publication,
    PublicationSink,
    RunStore,
    Sent,
    Taken,
    caller_channel,
)
from .checkpoints import Checkpoints
from .leases import LeaseKeeper
from .live import LiveRun
from .recovery import Sweeper
from .writer import Assignment, RunWriter, WriterOptions

_log = logging.getLogger(__name__)

_HISTORY_TIMEOUT = 1
"""Seconds that a send waits at most to know where its user's channel is."""
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
    policy: Policy
    lease_interval: float
    """Seconds between two renewals of the leases."""
    writer: WriterOptions


class Runs:
    """Start runs, stop them, say how far they are, and see them off in the end."""

    def __init__(
        self,
        *,
        model: ChatModel,
        store: RunStore,
        leases: Leases,
        sink: PublicationSink,
        clock: Callable[[], int],
        options: RunOptions,
        history: ChannelHistory | None = None,
    ) -> None:
        """``history`` is asked where other replicas may have to tell what a run of this one builds on."""
        self._options = options
        self._sink = sink
        self._history = history
        self._live: dict[str, LiveRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._draining = False
        self._hurried = asyncio.Event()
        self._checkpoints = Checkpoints(store, sink, self._live, interval=options.checkpoint_interval)
        published = self._checkpoints.published
        self._leases = leases
        self._keeper = LeaseKeeper(leases, self._live, interval=options.lease_interval)
        self._writer = RunWriter(
            model=model,
            store=store,
            leases=leases,
            sink=sink,
            published=published,
            options=options.writer,
        )
        self._sweeper = Sweeper(
            store=store,
            leases=leases,
            sink=sink,
            published=published,
            live=self._live,
            revive=self._revive,
            resume=self._resume,
            clock=clock,
            chance=1.5 * options.lease_interval,
        )

    async def recover(self) -> None:
        """Take over what a former process in our place left behind.

        Raises:
            UnavailableError: The database is away.
        """
        await self._sweeper.recover()

    async def run(self) -> None:
        """Do what all runs share: checkpoints, leases, and runs that lost their owner."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._checkpoints.run(), name="checkpoints")
            group.create_task(self._keeper.run(), name="leases")
            group.create_task(self._sweeper.run(), name="sweeper")

    @property
    def draining(self) -> bool:
        """Whether the process is stopping."""
        return self._draining

    def refusal(self) -> UnavailableError | None:
        """Return why no run may be started now, if so: the process is stopping, or has too many."""
        if self._draining:
            return UnavailableError("The server is restarting. Try again in a moment.")
        if len(self._tasks) >= self._options.max_runs:
            return UnavailableError("The server is writing as many answers as it can. Try again soon.")
        return None

    async def position(self, user: str) -> Position | None:
        """Return a position of a user's channel that nothing is earlier than which is published from now on.

        Without one a client that syncs elsewhere is told all that history holds.
        """
        channel = caller_channel(user)
        known = self._sink.acknowledged(channel)
        if known is not None or self._history is None:
            return known
        try:
            async with asyncio.timeout(_HISTORY_TIMEOUT):
                return (await self._history.edges(channel)).top
        except (PublishError, TimeoutError):
            return None

    def start(
        self,
        user: str,
        sent: Sent,
        announcements: Sequence[Publication],
        completed: Callable[[RunState], None] | None = None,
    ) -> None:
        """Begin the run that answers ``sent``, and return at once; ``completed`` is told if it completes."""
        reply = sent.reply
        if reply.run is None:
            raise TypeError("an answer has a run")
        live = self._new(RunAddress(reply.conversation, reply.id, reply.run.id, reply.run.attempt), user)
        live.begin_with(reply.parts)
        if sent.stopped:
            live.stop("cancelled")
        for run in sent.stopping:
            self.stop(run)
        assignment = Assignment(
            reply.model or "",
            sent.message.id,
            announcements,
            after=sent.stopping,
            said=said(reply.parts),
            completed=completed,
        )
        self._begin(live, assignment)

    def announce(self, user: str, announcements: Sequence[Publication]) -> None:
        """Tell a user's devices again what they may have missed, because who began the run has died."""
        self._sink.announce(caller_channel(user), announcements)

    def _revive(self, taken: Taken) -> LiveRun:
        """Return a run that was taken, at the beginning of its new attempt."""
        state = taken.state
        live = self._new(
            RunAddress(state.conversation, state.message, state.run.id, state.run.attempt), taken.user
        )
        live.resume(state.parts, taken.pieces)
        return live

    def _resume(self, taken: Taken) -> None:
        assignment = Assignment(taken.model, taken.prompt, said=said(taken.state.parts))
        self._begin(self._revive(taken), assignment)

    def _new(self, address: RunAddress, user: str) -> LiveRun:
        options = self._options
        # A character takes at most six bytes in JSON.
        limit = (options.max_publication_size - _ENVELOPE) // 6
        return LiveRun(
            address,
            user=user,
            accumulator=Accumulator(options.max_answer),
            coalescer=Coalescer(options.publish_interval, limit),
        )

    def _begin(self, live: LiveRun, assignment: Assignment) -> None:
        run = live.address.run
        self._live[run] = live
        task = asyncio.create_task(self._write(live, assignment), name=f"run {run}")
        self._tasks[run] = task
        task.add_done_callback(lambda done: self._forget(run, done))

    def stop(self, run: str) -> None:
        """Make a run end as cancelled, if it is one of this process."""
        if run in self._live:
            self._live[run].stop("cancelled")

    def state(self, run: str) -> RunState | None:
        """Return all that was published of a run of this process, or is about to be."""
        live = self._live.get(run)
        return None if live is None else live.state()

    def hurry(self) -> None:
        """Wait for nothing more: what is running is interrupted or handed over at once."""
        self._draining = True
        self._hurried.set()

    async def aclose(self, grace: float) -> None:
        """Let runs finish for ``grace`` seconds; interrupt or hand over what is left, all text kept."""
        self._draining = True
        await self._drained(grace)
        for live in self._live.values():
            if self._options.policy == "interrupt":
                live.stop("interrupted")
            else:
                live.let_go()
        if self._tasks:
            late = 2 * self._options.writer.end_timeout
            _, lost = await asyncio.wait(self._tasks.values(), timeout=late)
            for task in lost:
                task.cancel()
            await asyncio.gather(*lost, return_exceptions=True)
        await self._checkpoints.save()

    async def _drained(self, grace: float) -> None:
        """Wait until no run is left, for ``grace`` seconds, or until somebody is in a hurry."""
        with suppress(TimeoutError):
            async with asyncio.timeout(grace), asyncio.TaskGroup() as group:
                hurried = group.create_task(self._hurried.wait())
                while self._tasks and not hurried.done():
                    waiting = {hurried, *self._tasks.values()}
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                hurried.cancel()

    async def _write(self, live: LiveRun, assignment: Assignment) -> None:
        try:
            await self._writer.write(live, assignment)
            if assignment.completed and live.status.status == "completed":
                assignment.completed(live.state())
        except* OwnershipLostError:
            _log.warning("Run %s is not this process's any more", live.address.run)
        except* Exception:
            _log.exception("Run %s broke off by a bug; whoever takes it over ends it", live.address.run)
            with suppress(UnavailableError):
                await self._leases.release([live.address.run])

    def _forget(self, run: str, task: "asyncio.Task[None]") -> None:
        self._live.pop(run, None)
        self._tasks.pop(run, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Run %s broke off", run, exc_info=error)
