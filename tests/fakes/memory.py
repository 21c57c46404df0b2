"""The ports of ``runs``, in memory: a model that says what it is told, a store and a sink that can fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import orjson

from proxy_app.core.chunks import ModelChunk
from proxy_app.core.content import Piece, assemble
from proxy_app.core.objects import Part, RunState, RunStatus
from proxy_app.core.positions import Position
from proxy_app.core.recovery import Policy, Takeover
from proxy_app.core.reducer import Run, apply_event
from proxy_app.core.text import utf16_length
from proxy_app.errors import OwnershipLostError, UnavailableError
from proxy_app.ports import (
    Checkpoint,
    Ending,
    Held,
    OwedEnd,
    PromptMessage,
    Publication,
    Taken,
    idempotency_key,
)

Step = Sequence[ModelChunk] | float | asyncio.Event | BaseException
"""What one read of the network brings; or seconds, or an event, to wait for; or what is raised."""


@dataclass(slots=True)
class ScriptedModel:
    """A ``ChatModel`` that plays ``steps``, after whatever ``opening`` makes it wait for or raise."""

    steps: Sequence[Step] = ()
    opening: Sequence[float | asyncio.Event | BaseException] = ()
    asked: list[Sequence[PromptMessage]] = field(default_factory=list)
    open: int = 0
    """Completions that are open now."""
    told: int = 0
    """Steps that were taken from it so far."""

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[PromptMessage], /
    ) -> AsyncIterator[AsyncIterator[Sequence[ModelChunk]]]:
        """Open a completion."""
        self.asked.append(messages)
        self.open += 1
        try:
            for step in self.opening:
                await _wait(step)
            yield self._play()
        finally:
            self.open -= 1

    async def _play(self) -> AsyncIterator[Sequence[ModelChunk]]:
        for step in self.steps:
            if isinstance(step, Sequence):
                self.told += 1
                yield step
            else:
                await _wait(step)


async def _wait(step: float | asyncio.Event | BaseException) -> None:
    if isinstance(step, BaseException):
        raise step
    await (step.wait() if isinstance(step, asyncio.Event) else asyncio.sleep(step))


Fault = Literal["away", "unheard"]
"""Nothing was stored; or it was, but nobody heard of it."""


def now() -> int:
    """Return the loop's time in milliseconds, which is what the clock of a test says."""
    return int(asyncio.get_running_loop().time() * 1000)


@dataclass(slots=True)
class StoredRun:
    """What the store holds of a run."""

    user: str
    state: RunState
    pieces: dict[int, Piece] = field(default_factory=dict)
    position: Position | None = None
    end: bytes | None = None
    ended_at: int = 0
    checkpoints: list[Checkpoint] = field(default_factory=list)
    """All that arrived, whatever became of them."""
    owner: Literal["ours", "former", "nobody"] = "ours"
    """``former``: a process in our place that died; ``nobody``: whoever it was, its lease ran out."""
    policy: Policy = "interrupt"
    stop_requested: bool = False
    takeovers: int = 0
    fruitless: int = 0
    kept: int = 0


@dataclass(slots=True)
class MemoryRunStore:
    """A ``RunStore``, and the ``Leases`` to it; a call takes ``duration`` seconds."""

    duration: float = 0.001
    slow: dict[str, float] = field(default_factory=dict)
    """By method, how long its calls take instead."""
    calls: Counter[str] = field(default_factory=Counter)
    away: bool = False
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """By method, what befalls its next calls."""
    runs: dict[str, StoredRun] = field(default_factory=dict)
    turns: list[PromptMessage] = field(default_factory=list)

    def begin(self, user: str, state: RunState) -> None:
        """Hold a run as running."""
        self.runs[state.run.id] = StoredRun(user, state)

    async def prompt(self, message: str, /, *, limit: int) -> list[PromptMessage]:
        """Return the turns that a test has set."""
        await self._work("prompt", lambda: None)
        return self.turns[-limit:]

    async def checkpoint(self, checkpoints: Sequence[Checkpoint], acknowledged: Sequence[str], /) -> None:
        """Store new text and what was published."""
        for checkpoint in checkpoints:
            self.runs[checkpoint.run].checkpoints.append(checkpoint)
        await self._work("checkpoint", lambda: self._checkpoint(checkpoints, acknowledged))

    async def finish(self, ending: Ending, /) -> None:
        """Store a run's end."""
        await self._work("finish", lambda: self._finish(ending))

    async def owed_ends(self, before: int, /) -> list[OwedEnd]:
        """Return the ends that are not known to be published."""
        await self._work("owed_ends", lambda: None)
        return [
            OwedEnd(name, run.user, Publication(run.end, _key(run.state.run)))
            for name, run in self.runs.items()
            if run.end is not None and run.ended_at < before
        ]

    async def renew(self, held: Sequence[str], /) -> Mapping[str, Held]:
        """Return which of ``held`` are ours and running."""
        await self._work("renew", lambda: None)
        ours = [name for name in held if self._runs(name) and self.runs[name].owner == "ours"]
        return {
            name: Held(self.runs[name].state.run.attempt, self.runs[name].stop_requested) for name in ours
        }

    async def release(self, held: Sequence[str], /) -> None:
        """Leave ``held`` to whoever comes first."""
        await self._work("release", lambda: None)
        for name in held:
            self.runs[name].owner = "nobody"

    async def discard(self, run: str, /) -> None:
        """Forget what is kept of a run."""
        await self._work("discard", self.runs[run].pieces.clear)

    async def take_expired(self, *, except_for: Collection[str], limit: int) -> list[Taken]:
        """Take what is nobody's."""
        await self._work("take_expired", lambda: None)
        return self._take("nobody", except_for)

    async def take_left_behind(self) -> list[Taken]:
        """Take what a former process in our place left."""
        await self._work("take_left_behind", lambda: None)
        return self._take("former", ())

    async def running(self, wanted: Sequence[str], /) -> set[str]:
        """Return which of ``wanted`` have not ended."""
        await self._work("running", lambda: None)
        return {name for name in wanted if name in self.runs and self._runs(name)}

    def _take(self, owner: str, except_for: Collection[str]) -> list[Taken]:
        return [
            self._raised(name, run)
            for name, run in self.runs.items()
            if self._runs(name) and run.owner == owner and name not in except_for
        ]

    def _raised(self, name: str, run: StoredRun) -> Taken:
        raised = replace(run.state.run, attempt=run.state.run.attempt + 1, seq=0)
        run.owner, run.state = "ours", replace(run.state, run=raised)
        state = self.state(name)
        length = sum(utf16_length(part.text) for part in state.parts)
        run.takeovers += 1
        run.fruitless = 0 if length > run.kept else run.fruitless + 1
        run.kept = length
        takeover = Takeover(run.policy, run.takeovers, run.fruitless, run.stop_requested)
        return Taken(run.user, "m", f"prompt of {name}", state, max(run.pieces, default=-1) + 1, takeover)

    def state(self, name: str) -> RunState:
        """Return what is stored of a run."""
        run = self.runs[name]
        if not self._runs(name):
            return run.state
        return replace(run.state, parts=assemble(piece for _, piece in sorted(run.pieces.items())))

    async def _work(self, method: str, act: Callable[[], None]) -> None:
        self.calls[method] += 1
        await asyncio.sleep(self.slow.get(method, self.duration))
        faults = self.faults.get(method)
        fault = faults.pop(0) if faults else None
        if self.away or fault == "away":
            raise UnavailableError("The database is away.")
        act()
        if fault == "unheard":
            raise UnavailableError("The database went away.")

    def _runs(self, name: str) -> bool:
        return self.runs[name].state.run.status == "running"

    def _checkpoint(self, checkpoints: Sequence[Checkpoint], acknowledged: Sequence[str]) -> None:
        for checkpoint in checkpoints:
            run = self.runs[checkpoint.run]
            if not self._runs(checkpoint.run) or run.state.run.attempt != checkpoint.attempt:
                continue
            run.state = replace(run.state, run=replace(run.state.run, seq=checkpoint.seq))
            run.position = checkpoint.position or run.position
            for number, piece in checkpoint.pieces:
                run.pieces.setdefault(number, piece)
        for name in acknowledged:
            self.runs[name].end = None

    def _finish(self, ending: Ending) -> None:
        run = self.runs.get(ending.run.id)
        if run is None or not self._runs(ending.run.id) or run.state.run.attempt != ending.expected_attempt:
            raise OwnershipLostError(ending.run.id)
        run.state = replace(run.state, run=ending.run, parts=ending.parts)
        run.pieces.clear()
        run.end, run.ended_at = ending.publication.data, now()


def _key(status: RunStatus) -> str:
    return idempotency_key(status.id, status.attempt, status.seq)


@dataclass(frozen=True, slots=True)
class Published:
    """A publication that arrived, and when."""

    at: float
    channel: str
    publication: Publication


@dataclass(slots=True)
class RecordingSink:
    """A ``PublicationSink`` that takes ``duration`` seconds for a call, unless it is stuck."""

    duration: float = 0.001
    stuck: bool = False
    bug: BaseException | None = None
    published: list[Published] = field(default_factory=list)
    announced: list[Published] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def publish(self, channel: str, publications: Sequence[Publication], /) -> Position:
        """Take publications in order."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.duration)
            if self.bug is not None:
                raise self.bug
            while self.stuck:
                self._moved.clear()
                await self._moved.wait()
        finally:
            self.under_way -= 1
        self.published += self._arrived(channel, publications)
        return Position(len(self.published), "e")

    def announce(self, channel: str, publications: Sequence[Publication], /) -> None:
        """Note publications that nobody waits for."""
        self.announced += self._arrived(channel, publications)

    def acknowledged(self, channel: str, /) -> Position | None:
        """Return where the last publication is that arrived."""
        return Position(len(self.published), "e") if self.published else None

    def release(self) -> None:
        """Be stuck no longer."""
        self.stuck = False
        self._moved.set()

    def events(self, run: str) -> list[Published]:
        """Return what arrived of a run, in order, repetitions included."""
        key = f"{run}:"
        return [one for one in self.published if (one.publication.idempotency_key or "").startswith(key)]

    def client(self, run: str) -> Run:
        """Return the run as a client holds it that saw everything."""
        held = Run()
        for one in self.events(run):
            apply_event(held, orjson.loads(one.publication.data))
        return held

    def _arrived(self, channel: str, publications: Sequence[Publication]) -> list[Published]:
        now = asyncio.get_running_loop().time()
        return [Published(now, channel, publication) for publication in publications]


def parts_of(run: Run) -> list[Part]:
    """Return what a client holds as parts."""
    return [Part(name, part.type, part.text) for name, part in run.parts.items()]  # type: ignore[arg-type]
