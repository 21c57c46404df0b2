"""Always an end: what a former process left behind, and ends that nobody is known to have got."""

import asyncio

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.accumulator import Accumulator
from proxy_app.core.chunks import ReasoningDelta, TextDelta
from proxy_app.core.coalescer import Coalescer
from proxy_app.core.content import Piece
from proxy_app.core.events import RunAddress
from proxy_app.core.objects import Part, RunError, RunState, RunStatus
from proxy_app.core.outcomes import Outcome, failed, stopped
from proxy_app.core.recovery import Policy
from proxy_app.core.reducer import Run, apply_event, apply_snapshot
from proxy_app.errors import UnavailableError
from proxy_app.ports import PromptMessage
from proxy_app.runs.live import LiveRun
from tests.fakes.memory import MemoryRunStore, RecordingSink, StoredRun, parts_of

from .running import STOP, Bench, open_bench, say
from .texts import deltas

STATE = RunState("c", "m", RunStatus("r", 1, 3, "running"), [Part("1", "text", "Hello 🙂")])


def revived(kept: RunState) -> LiveRun:
    """Return a run as its second owner begins with it."""
    live = LiveRun(
        RunAddress("c", "m", "r", 2), user="u", accumulator=Accumulator(10_000), coalescer=Coalescer(0, 1000)
    )
    live.resume(kept.parts, pieces=0)
    return live


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

    taken = revived(kept)
    ending = taken.ending(taken.finish(stopped("interrupted"), 0)[-1])
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
def test_the_end_is_the_new_attempts(outcome: Outcome) -> None:
    live = revived(STATE)
    ending = live.ending(live.finish(outcome, 0)[-1])

    assert (ending.run.attempt, ending.run.seq, ending.expected_attempt) == (2, 1, 2)
    assert (ending.run.status, ending.run.error) == (outcome.status, outcome.error)
    assert ending.publication.idempotency_key == "r:2:1"
    assert [chunk["type"] for chunk in orjson.loads(ending.publication.data)["chunks"]] == [
        "run-reset",
        "text-end",
        "run-end",
    ]


def test_a_part_that_had_only_begun_is_not_kept() -> None:
    """Nobody can say whether a client has heard of it."""
    state = RunState("c", "m", STATE.run, [Part("1", "reasoning", "Hm."), Part("2", "text", "")])
    client = Run()
    apply_snapshot(client, orjson.loads(orjson.dumps(state.to_json())))
    del client.parts["2"]
    live = revived(state)
    ending = live.ending(live.finish(stopped("interrupted"), 0)[-1])

    assert apply_event(client, orjson.loads(ending.publication.data)) == "applied"
    assert parts_of(client) == ending.parts == [Part("1", "reasoning", "Hm.")]


async def test_leftovers_are_ended_at_the_start_and_published_soon_after() -> None:
    store = MemoryRunStore()
    for number in range(3):
        state = RunState("c", f"m{number}", RunStatus(f"r{number}", 1, 0, "running"), [])
        store.begin(f"user-{number}", state)
        store.runs[f"r{number}"].owner = "former"
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
    store.runs["r"].owner = "former"
    store.faults["take_left_behind"] = ["away"]
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
    async with open_bench(*say("Hi"), STOP, sink=RecordingSink(duration=1)) as bench:
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


LEFT = [(0, Piece("1", "text", "Hello ")), (1, Piece("1", "text", "wor"))]


def left(policy: Policy, **known: object) -> MemoryRunStore:
    """Return a store with a run whose owner is gone, and of which ``Hello wor`` is kept."""
    store = MemoryRunStore(turns=[PromptMessage("user", "Say hello!")])
    store.begin("u", RunState("c", "m", RunStatus("r", 1, 3, "running"), []))
    run = store.runs["r"]
    run.pieces, run.policy, run.owner = dict(LEFT), policy, "nobody"
    for name, value in known.items():
        setattr(run, name, value)
    return store


async def test_owners_may_renew_their_leases_after_the_database_was_away() -> None:
    store = left("interrupt")
    store.away = True
    async with open_bench(store=store) as bench:
        await asyncio.sleep(10)
        store.away = False
        await asyncio.sleep(4)
        assert store.calls["take_expired"] == 0
        await bench.until(lambda: bench.stored("r").status == "interrupted")


async def test_owners_may_renew_their_leases_after_the_database_was_locked() -> None:
    store = left("interrupt")
    store.slow["running"] = 10
    async with open_bench(store=store) as bench:
        await asyncio.sleep(14)
        assert store.calls["take_expired"] == 0
        await bench.until(lambda: bench.stored("r").status == "interrupted")


async def client_of(bench: Bench) -> Run:
    """Wait for the end; return the run as a client holds it that had seen what is kept, and some more."""
    await bench.done("r")
    client, status = Run(), RunStatus("r", 1, 4, "running")
    seen = RunState("c", "m", status, [Part("1", "text", "Hello world, ha")])
    apply_snapshot(client, orjson.loads(orjson.dumps(seen.to_json())))
    for event in bench.events("r"):
        apply_event(client, event)
    return client


@pytest.mark.parametrize("policy", ["interrupt", "retry", "continue"])
async def test_a_run_that_was_stopped_is_ended_as_cancelled(policy: Policy) -> None:
    store = left(policy, stop_requested=True)
    async with open_bench(store=store) as bench:
        client = await client_of(bench)

        assert (client.status, client.attempt) == ("cancelled", 2)
        assert [part.text for part in parts_of(client)] == ["Hello wor"]
        assert bench.model.asked == []


async def test_continuing_goes_on_in_the_same_part() -> None:
    async with open_bench(*say("ld", "!"), STOP, store=left("continue")) as bench:
        client = await client_of(bench)

        assert (client.status, client.attempt) == ("completed", 2)
        assert [part.text for part in parts_of(client)] == ["Hello world!"]
        told = bench.model.asked[0]
        assert [(message.role, message.text) for message in told[:2]] == [
            ("user", "Say hello!"),
            ("assistant", "Hello wor"),
        ]
        assert bench.store.runs["r"].state.parts == parts_of(client)


async def test_retrying_begins_anew_once() -> None:
    async with open_bench(*say("Good ", "day."), STOP, store=left("retry")) as bench:
        client = await client_of(bench)

        assert (client.status, client.attempt) == ("completed", 2)
        assert [part.text for part in parts_of(client)] == ["Good day."]
        assert len(bench.model.asked[0]) == 1


@pytest.mark.parametrize(
    ("policy", "known"),
    [
        ("retry", {"takeovers": 1}),
        ("continue", {"fruitless": 2, "kept": 9, "takeovers": 2}),
        ("continue", {"takeovers": 10, "kept": 3}),
    ],
    ids=["retried once", "nothing came twice", "ten owners"],
)
async def test_no_loop_of_crashes_bills_for_ever(policy: Policy, known: dict[str, object]) -> None:
    async with open_bench(store=left(policy, **known)) as bench:
        client = await client_of(bench)

        assert client.status == "interrupted"
        assert [part.text for part in parts_of(client)] == ["Hello wor"]
        assert bench.model.asked == []


async def test_what_is_ours_is_not_taken() -> None:
    async with open_bench(*say("Hi"), 60.0, STOP) as bench:
        run = bench.start()
        await asyncio.sleep(30)

        assert bench.stored(run).attempt == 1
        assert (await bench.done(run)).status == "completed"


async def test_a_run_that_has_another_owner_is_let_go_of() -> None:
    async with open_bench(*say("Hi"), 60.0, STOP) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        bench.store.runs[run].owner = "former"
        await bench.until(lambda: bench.runs.state(run) is None)

        assert bench.model.open == 0
        assert bench.stored(run).status == "running"
        assert bench.ends(run) == []


async def test_a_stop_that_was_recorded_elsewhere_is_found_when_the_lease_is_renewed() -> None:
    async with open_bench(*say("Hi"), 60.0, STOP) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        bench.store.runs[run].stop_requested = True
        began = asyncio.get_running_loop().time()

        assert (await bench.done(run)).status == "cancelled"
        assert asyncio.get_running_loop().time() - began < 5


async def test_leases_are_renewed_with_one_call_for_all_runs() -> None:
    async with open_bench(*say("Hi"), 20.0, STOP) as bench:
        for _ in range(5):
            bench.start()
        await asyncio.sleep(10)

        assert bench.store.calls["renew"] == 3


async def test_handing_over_keeps_every_character() -> None:
    async with open_bench(*say("Hello ", "wor"), 60.0, policy="continue") as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 2)
        await bench.runs.aclose(0)

        kept = bench.store.state(run)
        assert "".join(part.text for part in kept.parts) == "Hello wor"
        assert (kept.run.status, bench.store.runs[run].owner) == ("running", "nobody")
        assert bench.ends(run) == []
        assert bench.model.open == 0


async def test_hurrying_ends_the_grace() -> None:
    async with open_bench(*say("Hello"), 60.0, STOP) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        closing = asyncio.create_task(bench.runs.aclose(30))
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        bench.runs.hurry()
        await closing

        assert asyncio.get_running_loop().time() - began < 1
        assert bench.stored(run).status == "interrupted"
