"""Always an end: what a former process left behind, and ends that nobody is known to have got."""

import asyncio

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.accumulator import Accumulator
from proxy_app.core.chunks import ReasoningDelta, TextDelta, Usage
from proxy_app.core.coalescer import Coalescer
from proxy_app.core.events import RunAddress
from proxy_app.core.objects import Part, RunError, RunState, RunStatus
from proxy_app.core.outcomes import Outcome, failed, stopped
from proxy_app.core.reducer import Run, apply_event, apply_snapshot
from proxy_app.errors import UnavailableError
from proxy_app.ports import Leftover
from proxy_app.runs.live import LiveRun
from proxy_app.runs.recovery import ending_of
from tests.fakes.memory import MemoryRunStore, RecordingSink, StoredRun, parts_of

from .running import STOP, open_bench, say
from .texts import deltas

STATE = RunState("c", "m", RunStatus("r", 1, 3, "running"), [Part("1", "text", "Hello 🙂")])


@given(st.lists(deltas, min_size=1, max_size=20), st.data())
def test_a_client_accepts_the_end_of_a_new_owner(
    said: list[TextDelta | ReasoningDelta], data: st.DataObject
) -> None:
    """The client got more than was stored, or less and asks; either way it ends with what was stored."""
    live = LiveRun(
        RunAddress("c", "m", "r", 1), user="u", accumulator=Accumulator(10_000), coalescer=Coalescer(0, 1000)
    )
    publications, states = [], [live.state()]
    for delta in said:
        live.feed([delta])
        publications.append(orjson.loads(live.cut(0).data))
        states.append(live.state())
    kept = states[data.draw(st.integers(0, len(publications)), "checkpoint")]
    client = Run()
    for publication in publications[: data.draw(st.integers(0, len(publications)), "received")]:
        apply_event(client, publication)

    ending = ending_of(Leftover("u", kept), stopped("interrupted"))
    verdict = apply_event(client, orjson.loads(ending.publication.data))
    if verdict == "gap":
        state = RunState("c", "m", ending.run, ending.parts)
        verdict = apply_snapshot(client, orjson.loads(orjson.dumps(state.to_json())))

    assert verdict == "applied"
    assert (client.status, client.attempt, client.seq) == ("interrupted", 2, 1)
    assert not client.mismatched
    assert parts_of(client) == ending.parts == [part for part in kept.parts if part.text]


@pytest.mark.parametrize(
    "outcome", [stopped("interrupted"), failed(RunError("internal", "Sorry."))], ids=["interrupted", "failed"]
)
def test_the_end_raises_the_attempt_and_is_guarded_by_the_old_one(outcome: Outcome) -> None:
    ending = ending_of(Leftover("u", STATE), outcome)

    assert (ending.run.attempt, ending.run.seq, ending.expected_attempt) == (2, 1, 1)
    assert (ending.run.status, ending.run.error) == (outcome.status, outcome.error)
    assert ending.publication.idempotency_key == "r:2:1"
    assert [chunk["type"] for chunk in orjson.loads(ending.publication.data)["chunks"]] == [
        "run-reset",
        "run-end",
    ]


def test_usage_that_was_told_is_kept() -> None:
    state = RunState("c", "m", RunStatus("r", 1, 3, "running", usage=Usage(1, 2)), [])

    assert ending_of(Leftover("u", state), stopped("interrupted")).run.usage == Usage(1, 2)


async def test_leftovers_are_ended_at_the_start_and_published_soon_after() -> None:
    store = MemoryRunStore()
    for number in range(3):
        state = RunState("c", f"m{number}", RunStatus(f"r{number}", 1, 0, "running"), [])
        store.begin(f"user-{number}", state)
    async with open_bench(store=store) as bench:
        await bench.runs.recover()
        assert {bench.stored(f"r{number}").status for number in range(3)} == {"interrupted"}
        for number in range(3):
            assert (await bench.done(f"r{number}")).status == "interrupted"

        assert {one.channel for one in bench.sink.published} == {
            f"chat:#user-{number}" for number in range(3)
        }
        # Nothing is left to end, and nothing is published twice.
        await bench.runs.recover()
        await asyncio.sleep(60)
        assert len(bench.sink.published) == 3


async def test_a_start_without_a_database_says_so() -> None:
    store = MemoryRunStore()
    store.begin("u", STATE)
    store.faults["finish"] = ["away"]
    async with open_bench(store=store) as bench:
        with pytest.raises(UnavailableError):
            await bench.runs.recover()
        assert bench.stored("r").status == "running"


async def test_an_owed_end_is_published_again_identically_until_it_arrives() -> None:
    sink = RecordingSink(stuck=True)
    async with open_bench(*say("Hi"), STOP, sink=sink) as bench:
        run = bench.start()
        await bench.until(lambda: bench.runs.state(run) is None)
        end = bench.store.runs[run].end
        await asyncio.sleep(60)
        assert bench.store.runs[run].end == end is not None

        sink.release()
        await bench.done(run)
        published = [one.publication for one in sink.events(run)]
        assert [one.data for one in published] == [end]
        assert published[0].idempotency_key == f"{run}:1:{bench.stored(run).seq}"

        await asyncio.sleep(60)
        assert len(sink.events(run)) == 1


async def test_the_end_of_a_run_that_is_still_publishing_is_left_to_it() -> None:
    async with open_bench(*say("Hi"), STOP, sink=RecordingSink(duration=4)) as bench:
        run = bench.start()
        await bench.done(run)
        await asyncio.sleep(60)

        assert len(bench.ends(run)) == 1


async def test_one_channel_that_takes_nothing_holds_up_no_other() -> None:
    class OneStuck(RecordingSink):
        async def publish(self, channel: str, publications: object, /) -> object:  # type: ignore[override]
            if channel == "chat:#stuck":
                await asyncio.Event().wait()
            return await super().publish(channel, publications)  # type: ignore[arg-type]

    store = MemoryRunStore()
    for user in ("stuck", "well"):
        ended = RunState("c", "m", RunStatus(user, 1, 1, "completed"), [])
        store.runs[user] = StoredRun(user, ended, end=b'{"type":"run"}')
    async with open_bench(store=store, sink=OneStuck()) as bench:
        await bench.until(lambda: store.runs["well"].end is None)

        assert store.runs["stuck"].end is not None
        assert asyncio.get_running_loop().time() < 30


async def test_a_sweep_without_a_database_is_tried_again() -> None:
    store = MemoryRunStore(away=True)
    ended = RunState("c", "m", RunStatus("r", 1, 1, "completed"), [])
    store.runs["r"] = StoredRun("u", ended, end=b'{"type":"run"}')
    async with open_bench(store=store) as bench:
        await asyncio.sleep(20)
        store.away = False
        await bench.until(lambda: store.runs["r"].end is None)

        assert len(bench.sink.published) == 1
