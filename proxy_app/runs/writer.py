"""The life of one run: read the model, publish meanwhile, store the end, publish it."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from ..core.context import fitting
from ..core.objects import RunError, RunState
from ..core.outcomes import Outcome, failed, finished, stopped
from ..errors import ContextTooLongError, ModelError, UnavailableError
from ..ports import (
    ChatModel,
    Checkpoint,
    Leases,
    PromptMessage,
    Publication,
    PublicationSink,
    RunStore,
    caller_channel,
)
from .insisting import insist
from .live import LiveRun

_log = logging.getLogger(__name__)

GO_ON = "Go on exactly where your answer was cut off. Do not repeat anything, and do not comment on this."
"""What the model is told to go on after what it had said."""
_SETTLE_INTERVAL = 0.05
"""Seconds between two looks at runs that have to end first."""
INTERNAL = "Something went wrong in this server. Try again."


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run has to do."""

    model: str
    prompt: str
    """The user message that is answered."""
    announcements: Sequence[Publication] = ()
    """What is published before anything of the run."""
    after: Sequence[str] = ()
    """Runs that have to end first, so that what they said can be told to the model."""
    said: str = ""
    """What the run goes on after, said for a former owner or in another answer."""
    completed: Callable[[RunState], None] | None = None
    """Who wants to know if it completes."""


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """Limits of a run."""

    system_prompt: str | None
    max_context: int
    """Characters of a conversation that a model is told at most."""
    contexts: Mapping[str, int] = field(default_factory=dict)
    """By model, how many it is told at most instead."""
    max_turns: int = 1000
    """Messages of a conversation that the model is told at most."""
    settle_timeout: float = 5
    """Seconds to wait for the runs that have to end first."""
    prompt_timeout: float = 20
    """Seconds to find out in what the model is told, while the database is away."""
    end_timeout: float = 5
    """Seconds to publish the end in; after that it is the sweeper's."""


class RunWriter:
    """Write runs; the caller owns the task that each is written in."""

    def __init__(
        self,
        *,
        model: ChatModel,
        store: RunStore,
        leases: Leases,
        sink: PublicationSink,
        published: Callable[[str], None],
        options: WriterOptions,
    ) -> None:
        self._model = model
        self._store = store
        self._leases = leases
        self._sink = sink
        self._published = published
        self._options = options

    async def write(self, live: LiveRun, assignment: Assignment) -> None:
        """Write a run to its end.

        Raises:
            OwnershipLostError: Somebody else ended it, or it is gone.
        """
        began = time.monotonic()
        channel = caller_channel(live.user)
        async with asyncio.TaskGroup() as group:
            publishing = group.create_task(self._publish(live, channel, assignment.announcements))
            outcome = await self._read(live, assignment)
            if live.gone:
                await self._hand_over(live, channel, publishing)
                return
            publications = live.finish(outcome, asyncio.get_running_loop().time())
            await self._store_end(live, publications[-1])
            live.stored()
            try:
                async with asyncio.timeout(self._options.end_timeout):
                    # What is under way comes first.
                    await asyncio.shield(publishing)
                    await self._sink.publish(channel, publications)
            except TimeoutError:
                publishing.cancel()
                _log.warning("The end of run %s could not be published yet", live.address.run)
            else:
                self._published(live.address.run)
        _log.info(
            "Run %s of conversation %s: %s (%s), %s, %.2f s, %d publications",
            live.address.run,
            live.address.conversation,
            live.status.status,
            live.status.error.code if live.status.error else live.status.finish_reason,
            live.status.usage,
            time.monotonic() - began,
            live.status.seq,
        )

    async def _read(self, live: LiveRun, assignment: Assignment) -> Outcome:
        """Read the model to its end, or until the run is made to end, for which the reader has a task."""
        reader = asyncio.create_task(self._ask(live, assignment), name=f"read {live.address.run}")
        live.attach(reader)
        try:
            await asyncio.wait([reader])
        finally:
            reader.cancel()
            live.end_reading()
        if live.gone:
            return stopped("interrupted")
        if live.stop_reason is not None:
            return stopped(live.stop_reason)
        if reader.cancelled():
            _log.error("The reader of run %s was cancelled by a bug", live.address.run)
            return failed(RunError("internal", INTERNAL))
        error = reader.exception()
        if isinstance(error, ModelError):
            return failed(RunError(error.code, str(error), error.retry_after))
        if isinstance(error, UnavailableError):
            return failed(RunError("internal", str(error)))
        if error is not None:
            _log.error("Run %s failed by a bug", live.address.run, exc_info=error)
            return failed(RunError("internal", INTERNAL))
        return finished(live.accumulator.finish_reason or "stop")

    async def _ask(self, live: LiveRun, assignment: Assignment) -> None:
        turns = await insist(
            partial(self._turns, assignment),
            f"What run {live.address.run} answers can't be read yet",
            seconds=self._options.prompt_timeout,
        )
        budget = self._options.contexts.get(assignment.model, self._options.max_context)
        budget -= len(assignment.said)
        told = fitting([len(turn.text) for turn in turns], budget)
        begun = live.accumulator.length
        try:
            await self._stream(live, assignment, turns, told)
        except ContextTooLongError:
            lengths = [len(turn.text) for turn in turns]
            less = fitting(lengths, sum(lengths[-told:]) // 2)
            if less >= told or live.accumulator.length > begun:
                raise
            _log.info("Run %s is asked again with %d of %d messages", live.address.run, less, told)
            await self._stream(live, assignment, turns, less)

    async def _turns(self, assignment: Assignment) -> Sequence[PromptMessage]:
        if assignment.after:
            await self._settled(assignment.after)
        return await self._store.prompt(assignment.prompt, limit=self._options.max_turns)

    async def _stream(
        self, live: LiveRun, assignment: Assignment, turns: Sequence[PromptMessage], told: int
    ) -> None:
        """Tell the model the last ``told`` of ``turns``, and take in what it says."""
        messages = self._messages(assignment, turns[-told:])
        live.left_out = len(turns) - told
        live.prompt_length = sum(len(message.text) for message in messages)
        async with self._model.stream(assignment.model, messages) as stream:
            async for chunks in stream:
                live.feed(chunks)
                if live.accumulator.full:
                    return

    def _messages(self, assignment: Assignment, turns: Sequence[PromptMessage]) -> list[PromptMessage]:
        told = list(turns)
        if self._options.system_prompt:
            told.insert(0, PromptMessage("system", self._options.system_prompt))
        if assignment.said:
            told += [PromptMessage("assistant", assignment.said), PromptMessage("user", GO_ON)]
        return told

    async def _settled(self, runs: Sequence[str]) -> None:
        """Wait until ``runs`` have ended, wherever they are written; not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._options.settle_timeout):
                while await self._leases.running(runs):  # noqa: ASYNC110  # It may end elsewhere.
                    await asyncio.sleep(_SETTLE_INTERVAL)

    async def _hand_over(self, live: LiveRun, channel: str, publishing: "asyncio.Task[None]") -> None:
        """Leave a run to its next owner with all that was said; one that is there already stays."""
        publications = live.cut_rest(asyncio.get_running_loop().time())
        checkpoint = live.checkpoint(self._sink.acknowledged(channel))
        try:
            async with asyncio.timeout(self._options.end_timeout):
                if checkpoint is not None:
                    await self._store_rest(checkpoint)
                await asyncio.shield(publishing)
                if publications:
                    await self._sink.publish(channel, publications)
        except TimeoutError:
            publishing.cancel()
        try:
            await self._leases.release([live.address.run])
        except UnavailableError as exc:
            _log.warning("Run %s can only be taken over when its lease runs out: %s", live.address.run, exc)

    async def _store_rest(self, checkpoint: Checkpoint) -> None:
        """Store what the next owner needs, for as long as it takes."""
        await insist(
            partial(self._store.checkpoint, [checkpoint], ()),
            f"The rest of run {checkpoint.run} can't be stored yet",
        )

    async def _publish(self, live: LiveRun, channel: str, announcements: Sequence[Publication]) -> None:
        """Publish what the model says until it has said all; the rest is left to the end.

        At most one publication is under way, and what comes meanwhile is joined; the reader never waits.
        """
        loop = asyncio.get_running_loop()
        if announcements:
            await self._sink.publish(channel, announcements)
        while not live.read.is_set():
            await live.changed.wait()
            live.changed.clear()
            await live.until(live.coalescer.due_at)
            if live.coalescer and not live.read.is_set():
                await self._sink.publish(channel, [live.cut(loop.time())])
                if live.coalescer:
                    live.changed.set()

    async def _store_end(self, live: LiveRun, publication: Publication) -> None:
        """Store the end, for as long as it takes."""
        await insist(
            partial(self._store.finish, live.ending(publication)),
            f"The end of run {live.address.run} can't be stored yet",
        )
