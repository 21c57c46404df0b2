"""What the tests of runs share: the real ``Runs`` between a scripted model, a store and a sink in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

from proxy_app.core.chunks import Finish, ModelChunk, TextDelta
from proxy_app.core.objects import Conversation, Message, RunState, RunStatus
from proxy_app.core.recovery import Policy
from proxy_app.core.reducer import Run
from proxy_app.ports import PromptMessage, Publication, Sent
from proxy_app.runs.engine import RunOptions, Runs
from proxy_app.runs.writer import WriterOptions
from tests.fakes.memory import MemoryRunStore, RecordingSink, ScriptedModel, Step, now

INTERVAL = 0.04
WRITER = WriterOptions(system_prompt=None, max_context=1000)
ANNOUNCEMENTS = [Publication(b'{"type":"conversation"}'), Publication(b'{"type":"message"}')]
_LONGEST = 3600
"""Seconds of virtual time that anything may take."""


@dataclass(slots=True)
class Bench:
    """The runs of a process, and all that they touch."""

    model: ScriptedModel
    store: MemoryRunStore
    sink: RecordingSink
    runs: Runs
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def start(self, *, stopped: bool = False, stopping: Sequence[str] = ()) -> str:
        """Start a run, stored as a send stores it; return its id."""
        run = f"run-{next(self._numbers)}"
        prompt = Message(f"prompt of {run}", "c", None, "user", 0, 1, [])
        status = RunStatus(run, 1, 0, "running")
        reply = Message(f"reply of {run}", "c", prompt.id, "assistant", 0, 1, [], model="m", run=status)
        self.store.begin("guest-1", RunState("c", reply.id, status, []))
        conversation = Conversation("c", "T", 0, 0, reply.id, 1)
        sent = Sent(conversation, prompt, reply, stopped=stopped, stopping=stopping)
        self.runs.start("guest-1", sent, ANNOUNCEMENTS)
        return run

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until something is so."""
        async with asyncio.timeout(_LONGEST):
            while not condition():  # noqa: ASYNC110  # Any condition will do, and time is virtual.
                await asyncio.sleep(0.001)

    async def done(self, run: str) -> Run:
        """Wait until a run is over and known to be published; return what a client holds then."""
        await self.until(
            lambda: (
                self.runs.state(run) is None
                and self.stored(run).status != "running"
                and self.store.runs[run].end is None
            )
        )
        return self.sink.client(run)

    async def write(self) -> tuple[str, Run]:
        """Write a whole run."""
        run = self.start()
        return run, await self.done(run)

    def ends(self, run: str) -> list[dict[str, Any]]:
        """Return the ``run-end`` chunks that arrived of a run, repetitions included."""
        return [
            chunk for event in self.events(run) for chunk in event["chunks"] if chunk["type"] == "run-end"
        ]

    def events(self, run: str) -> list[dict[str, Any]]:
        """Return the run events that arrived, repetitions included."""
        return [orjson.loads(one.publication.data) for one in self.sink.events(run)]

    def stored(self, run: str) -> RunStatus:
        """Return how far a run is in the store."""
        return self.store.runs[run].state.run


@asynccontextmanager
async def open_bench(
    *steps: Step,
    model: ScriptedModel | None = None,
    store: MemoryRunStore | None = None,
    sink: RecordingSink | None = None,
    writer: WriterOptions = WRITER,
    max_answer: int = 100_000,
    max_runs: int = 100,
    checkpoint_interval: float = 1,
    policy: Policy = "interrupt",
) -> AsyncIterator[Bench]:
    """Run the shared tasks for as long as the block lasts; a crash of one of them fails the test."""
    store = store or MemoryRunStore(turns=[PromptMessage("user", "Hello!")])
    model, sink = model or ScriptedModel(steps), sink or RecordingSink()
    options = RunOptions(
        publish_interval=INTERVAL,
        checkpoint_interval=checkpoint_interval,
        max_answer=max_answer,
        max_runs=max_runs,
        max_publication_size=65_536,
        policy=policy,
        lease_interval=3,
        writer=writer,
    )
    runs = Runs(
        model=model,
        store=store,
        leases=store,
        sink=sink,
        clock=now,
        options=options,
    )
    shared = asyncio.create_task(runs.run())
    try:
        yield Bench(model, store, sink, runs)
    finally:
        await runs.aclose(0)
        shared.cancel()
        with suppress(asyncio.CancelledError):
            await shared


def say(*texts: str) -> list[list[ModelChunk]]:
    """Return reads that bring one delta each."""
    return [[TextDelta(text)] for text in texts]


STOP: list[ModelChunk] = [Finish("stop")]
