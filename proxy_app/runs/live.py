"""A run while it is being written: what the model said, what of it was cut, and who waits for more."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.accumulator import Accumulator
from ..core.chunks import ModelChunk
from ..core.coalescer import Coalescer
from ..core.content import Content, Piece
from ..core.events import (
    PartChunk,
    PartStart,
    RunAddress,
    left_out,
    reasoned,
    run_end,
    run_event,
    run_reset,
    start,
)
from ..core.objects import Json, Part, RunState, RunStatus
from ..core.outcomes import Outcome, StopReason, estimated_usage
from ..core.positions import Position
from ..ports import Checkpoint, Ending, Publication, idempotency_key


class LiveRun:
    """One run of this process, from its first chunk to its end."""

    def __init__(
        self, address: RunAddress, *, user: str, accumulator: Accumulator, coalescer: Coalescer
    ) -> None:
        self.address = address
        self.user = user
        self.accumulator = accumulator
        self.coalescer = coalescer
        self.status = RunStatus(address.run, address.attempt, 0, "running")
        """Its status, at the ``seq`` that was cut last."""
        self.stop_reason: StopReason | None = None
        self.prompt_length = 0
        """Characters that the model was told; 0 as long as it was not asked."""
        self.left_out = 0
        """How many of the oldest messages the model was not told."""
        self.changed = asyncio.Event()
        """Set when there is something to publish, or nothing more will come."""
        self.read = asyncio.Event()
        """Set when nothing more will come from the model."""
        self.gone = False
        """Whether another owner has the run, or shall have it; then this one does not end it."""
        self._due = asyncio.Event()
        self._content = Content()
        self._reader: asyncio.Task[None] | None = None
        self._pieces = 0
        self._unsaved: list[tuple[int, Piece]] = []
        self._before_end: RunState | None = None
        self._kept: list[tuple[str, int]] = []
        self._given = 0
        self._reasons_since: float | None = None
        self.reasoning_ms: int | None = None
        """Milliseconds from the first reasoning to the first text, or to the end, as far as told in here."""
        self._reasoning_told = False
        self._stored_position: Position | None = None

    def stop(self, reason: StopReason) -> None:
        """Make the run end; the first reason counts."""
        if self.stop_reason is None and not self.read.is_set():
            self.stop_reason = reason
            if self._reader is not None:
                self._reader.cancel()

    def resume(self, parts: Sequence[Part], pieces: int) -> None:
        """Begin with ``parts``, which a former owner stored as ``pieces`` pieces."""
        kept = [part for part in parts if part.text]
        self.accumulator.resume(kept)
        self._content.resume(kept)
        self._pieces = pieces
        self._kept = [(name, length) for name, length, _ in self._content.ends()]

    def begin_with(self, parts: Sequence[Part]) -> None:
        """Begin with what another answer said, stored as one piece per part, if it said anything."""
        if parts:
            self.resume(parts, len(parts))
            self._given = self.accumulator.length

    def let_go(self) -> None:
        """Stop reading without an end: another owner has the run, or shall have it."""
        self.gone = True
        if self._reader is not None:
            self._reader.cancel()

    def attach(self, reader: "asyncio.Task[None]") -> None:
        """Let `stop` end ``reader``, at once if it came first."""
        self._reader = reader
        if self.stop_reason is not None or self.gone:
            reader.cancel()

    def end_reading(self) -> None:
        """Note that nothing more will come, and wake whoever waits for more."""
        self.read.set()
        self.changed.set()
        self._due.set()

    async def until(self, moment: float) -> None:
        """Wait until ``moment`` on the loop's clock, or until nothing more will come."""
        loop = asyncio.get_running_loop()
        if moment <= loop.time() or self.read.is_set():
            return
        self._due.clear()
        timer = loop.call_at(moment, self._due.set)
        try:
            await self._due.wait()
        finally:
            timer.cancel()

    def feed(self, chunks: Iterable[ModelChunk]) -> None:
        """Take in what the model said."""
        for chunk in chunks:
            self.coalescer.push(self.accumulator.feed(chunk))
        if self.coalescer:
            self.changed.set()

    def cut(self, now: float) -> Publication:
        """Cut the next publication out of what waits."""
        return self._publication(self._cut(now))

    def cut_rest(self, now: float) -> list[Publication]:
        """Cut everything that waits, and let the last part stay open."""
        publications = []
        while self.coalescer:
            publications.append(self.cut(now))
        return publications

    def finish(self, outcome: Outcome, now: float) -> list[Publication]:
        """End the run; return what is left to publish, of which the last has its ``run-end``."""
        self._before_end = self.state()
        self.coalescer.push(self.accumulator.close())
        publications = []
        cut = self._cut(now)
        while self.coalescer:
            publications.append(self._publication(cut))
            cut = self._cut(now)
        self._content.apply(cut)
        if self.reasoning_ms is None and self._reasons_since is not None:
            self._reasoned(now)
        usage = self.accumulator.usage
        said = self.accumulator.length - self._given
        if usage is None and (said or (self.prompt_length and outcome.error is None)):
            usage = estimated_usage(self.prompt_length, said)
        self.status = RunStatus(
            self.address.run,
            self.address.attempt,
            self.status.seq,
            outcome.status,
            outcome.finish_reason,
            usage,
            outcome.error,
        )
        # Told again, for those who were not there when it was told.
        last = [] if self.reasoning_ms is None else [reasoned(self.reasoning_ms)]
        last.append(run_end(self.status, self._content.ends()))
        publications.append(self._publication(cut, last))
        return publications

    def ending(self, publication: Publication) -> Ending:
        """Return what is to be stored of the run that `finish` ended."""
        return Ending(
            run=self.status,
            expected_attempt=self.address.attempt,
            user=self.user,
            message=self.address.message,
            parts=self._content.parts(),
            left_out=self.left_out,
            reasoning_ms=self.reasoning_ms,
            publication=publication,
        )

    def stored(self) -> None:
        """Note that the end is stored, and may be told."""
        self._before_end = None

    def state(self) -> RunState:
        """Return everything that was cut so far; of an end nothing before it is stored.

        A client that was told of an end believes no other, so it must be one that a crash can't undo.
        """
        if self._before_end is not None:
            return self._before_end
        return RunState(self.address.conversation, self.address.message, self.status, self._content.parts())

    def checkpoint(self, position: Position | None) -> Checkpoint | None:
        """Return what is not stored yet, if there is any; `saved` says that now it is.

        ``position`` is the last one acknowledged on the caller's channel: what is not in here is not cut yet,
        and will come later.
        """
        for piece in self._content.take_unsaved():
            self._unsaved.append((self._pieces, piece))
            self._pieces += 1
        if self.status.status != "running":
            return None
        # A position spares whoever syncs elsewhere a replay of what was published before it.
        if not self._unsaved and position in {None, self._stored_position}:
            return None
        return Checkpoint(
            self.address.run,
            self.address.attempt,
            self.status.seq,
            tuple(self._unsaved),
            position,
        )

    def saved(self, checkpoint: Checkpoint) -> None:
        """Forget what ``checkpoint`` stored."""
        del self._unsaved[: len(checkpoint.pieces)]
        self._stored_position = checkpoint.position

    def _cut(self, now: float) -> list[PartChunk]:
        """Cut what is next out of what waits, and note when the model begins to reason and to answer."""
        cut = self.coalescer.cut(now)
        for chunk in cut:
            if not isinstance(chunk, PartStart) or self.reasoning_ms is not None:
                continue
            if chunk.type == "reasoning" and self._reasons_since is None:
                self._reasons_since = now
            elif chunk.type == "text" and self._reasons_since is not None:
                self._reasoned(now)
        return cut

    def _reasoned(self, now: float) -> None:
        self.reasoning_ms = max(round((now - (self._reasons_since or now)) * 1000), 0)

    def _publication(self, cut: Sequence[PartChunk], end: Sequence[Json] = ()) -> Publication:
        if not end:
            self._content.apply(cut)
        seq = self.status.seq + 1
        self.status = replace(self.status, seq=seq)
        chunks = [*self._opening(seq), *(chunk.to_json() for chunk in cut), *end]
        if self.reasoning_ms is not None and not (self._reasoning_told or end):
            chunks.append(reasoned(self.reasoning_ms))
            self._reasoning_told = True
        key = idempotency_key(self.address.run, self.address.attempt, seq)
        return Publication(run_event(self.address, seq, chunks), key)

    def _opening(self, seq: int) -> list[Json]:
        if seq > 1:
            return []
        begins = self.address.attempt == 1 and not self._kept
        first = start(self.address.message) if begins else run_reset(self._kept)
        return [first, left_out(self.left_out)] if self.left_out else [first]
