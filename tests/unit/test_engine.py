"""All runs of a process: stopping them at any moment, making room, and seeing them off."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy_app.errors import UnavailableError
from tests.fakes.memory import MemoryRunStore, RecordingSink, ScriptedModel, Step
from tests.fakes.virtual_time import VirtualTimeLoop

from .running import STOP, Bench, open_bench, say


def text_of(client: Any) -> str:
    return "".join(part.text for part in client.parts.values())


async def stopped(bench: Bench, run: str) -> str:
    """Wait for a run that was stopped, check that it ended well, and return what it said."""
    client = await bench.done(run)
    assert (client.status, client.outcome["finish_reason"]) == ("cancelled", "cancelled")
    assert not client.mismatched
    assert bench.stored(run).status == "cancelled"
    assert len(bench.ends(run)) == 1
    assert bench.model.open == 0
    return text_of(client)


async def test_a_stop_that_came_before_the_send_asks_no_model() -> None:
    async with open_bench(*say("Hi"), STOP) as bench:
        assert await stopped(bench, bench.start(stopped=True)) == ""
        assert bench.model.asked == []


async def test_a_stop_before_the_task_has_begun_asks_no_model() -> None:
    async with open_bench(*say("Hi"), STOP) as bench:
        run = bench.start()
        bench.runs.stop(run)
        assert await stopped(bench, run) == ""
        assert bench.model.asked == []


async def test_a_stop_while_the_prompt_is_looked_up_asks_no_model() -> None:
    store = MemoryRunStore(duration=0.5)
    async with open_bench(*say("Hi"), STOP, store=store) as bench:
        run = bench.start()
        await asyncio.sleep(0.25)
        bench.runs.stop(run)
        assert await stopped(bench, run) == ""
        assert bench.model.asked == []


async def test_a_stop_before_the_head_closes_the_connection() -> None:
    async with open_bench(model=ScriptedModel(say("Hi"), opening=[asyncio.Event()])) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.open == 1)
        bench.runs.stop(run)
        assert await stopped(bench, run) == ""


async def test_a_stop_in_mid_stream_closes_the_connection_and_keeps_every_word() -> None:
    async with open_bench(*say("Hel"), 0.001, *say("lo"), asyncio.Event()) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 2)
        bench.runs.stop(run)
        bench.runs.stop(run)
        await asyncio.sleep(0.002)
        assert bench.model.open == 0
        assert await stopped(bench, run) == "Hello"


async def test_a_stop_while_publishing_is_stuck_closes_the_connection_and_stores_the_end() -> None:
    sink = RecordingSink(stuck=True)
    async with open_bench(*say("Hello"), asyncio.Event(), sink=sink) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        bench.runs.stop(run)
        await bench.until(lambda: bench.stored(run).status == "cancelled")
        assert bench.model.open == 0
        assert bench.store.runs[run].state.parts[0].text == "Hello"
        sink.release()
        assert await stopped(bench, run) == "Hello"


async def test_a_stop_after_the_end_changes_nothing() -> None:
    async with open_bench(*say("Hi"), STOP, sink=RecordingSink(duration=0.5)) as bench:
        run = bench.start()
        await bench.until(lambda: bench.stored(run).status == "completed")
        bench.runs.stop(run)
        client = await bench.done(run)
        bench.runs.stop(run)
        bench.runs.stop("nobody's")

        assert client.status == "completed"
        assert len(bench.ends(run)) == 1


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 300), st.integers(0, 60), st.sampled_from([0.001, 0.02, 0.1]))
def test_a_stop_at_any_moment_ends_the_run_once_with_its_text(at: int, again: int, duration: float) -> None:
    words: list[Step] = [*say("w"), 0.01] * 20
    steps = [*words, STOP]

    async def play() -> None:
        sink = RecordingSink(duration=duration)
        async with open_bench(*steps, model=ScriptedModel(steps, opening=[0.02]), sink=sink) as bench:
            run = bench.start()
            for pause in (at, again):
                await asyncio.sleep(pause / 1000)
                bench.runs.stop(run)
            client = await bench.done(run)

            assert client.status in ("cancelled", "completed")
            assert client.status == "cancelled" or bench.model.told == 21
            assert not client.mismatched
            assert text_of(client) == "w" * min(bench.model.told, 20)
            assert text_of(client) == "".join(part.text for part in bench.store.runs[run].state.parts)
            assert len(bench.ends(run)) == 1
            assert bench.model.open == 0
            assert sink.most_under_way <= 1

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(play())


async def test_a_run_that_makes_room_has_ended_before_the_next_asks() -> None:
    async with open_bench(*say("first"), asyncio.Event()) as bench:
        first = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        bench.model.steps = [*say("second"), STOP]
        bench.model.opening = [0.01]
        second = bench.start(stopping=[first])
        await bench.until(lambda: len(bench.model.asked) == 2)
        assert bench.stored(first).status == "cancelled"

        assert await stopped(bench, first) == "first"
        assert text_of(await bench.done(second)) == "second"


async def test_a_run_that_cannot_end_holds_the_next_up_for_some_seconds_only() -> None:
    async with open_bench(*say("first"), asyncio.Event()) as bench:
        first = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        bench.store.faults["finish"] = ["away"] * 100
        bench.start(stopping=[first, "one of another process"])
        await bench.until(lambda: len(bench.model.asked) == 2)

        assert asyncio.get_running_loop().time() == pytest.approx(5, abs=0.1)
        bench.store.faults.clear()


async def test_runs_do_not_wait_for_each_other() -> None:
    async with open_bench(*say("Hi"), 1, STOP) as bench:
        names = [bench.start() for _ in range(50)]
        await bench.until(lambda: all(bench.ends(run) for run in names))

        assert asyncio.get_running_loop().time() < 1.1
        # One publication of each at most, and all at the same time.
        assert bench.sink.most_under_way == 50
        assert {bench.sink.client(run).status for run in names} == {"completed"}


async def test_nothing_is_started_beyond_the_limit_of_the_process() -> None:
    async with open_bench(*say("Hi"), 1, STOP, max_runs=2) as bench:
        first, second = bench.start(), bench.start()
        assert isinstance(bench.runs.refusal(), UnavailableError)

        await bench.done(first)
        await bench.done(second)
        assert bench.runs.refusal() is None


async def test_shutdown_lets_runs_finish_within_the_grace_and_refuses_new_ones() -> None:
    async with open_bench(*say("Hi"), 5, STOP) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        closing = asyncio.create_task(bench.runs.aclose(30))
        await asyncio.sleep(0)
        assert isinstance(bench.runs.refusal(), UnavailableError)
        await closing

        assert bench.sink.client(run).status == "completed"
        assert asyncio.get_running_loop().time() < 6
        # That it was published is stored, too.
        assert bench.store.runs[run].end is None


async def test_shutdown_interrupts_what_does_not_finish_and_keeps_every_word() -> None:
    async with open_bench(*say("Hel", "lo"), asyncio.Event()) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 2)
        await bench.runs.aclose(3)

        client = bench.sink.client(run)
        assert asyncio.get_running_loop().time() == pytest.approx(3, abs=0.1)
        assert (client.status, client.outcome["finish_reason"]) == ("interrupted", "interrupted")
        assert text_of(client) == "Hello"
        assert not client.mismatched
        assert bench.stored(run).status == "interrupted"
        assert bench.model.open == 0


async def test_shutdown_does_not_wait_for_ever_for_a_database_and_the_next_start_ends_the_run() -> None:
    async with open_bench(*say("Hello"), asyncio.Event(), checkpoint_interval=1) as bench:
        run = bench.start()
        await asyncio.sleep(2)
        bench.store.away = True
        await bench.runs.aclose(3)
        assert asyncio.get_running_loop().time() < 60
        assert bench.stored(run).status == "running"
        store, sink = bench.store, bench.sink

    store.away = False
    store.runs[run].owner = "former"
    async with open_bench(store=store, sink=sink) as next_bench:
        await next_bench.runs.recover()
        client = await next_bench.done(run)
        assert (client.status, client.attempt, text_of(client)) == ("interrupted", 2, "Hello")


async def test_shutdown_with_a_stuck_way_out_leaves_the_end_to_the_next_start() -> None:
    sink = RecordingSink(stuck=True)
    async with open_bench(*say("Hello"), asyncio.Event(), sink=sink) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        await bench.runs.aclose(1)
        assert asyncio.get_running_loop().time() < 60
        assert bench.stored(run).status == "interrupted"
        end, store = bench.store.runs[run].end, bench.store
        assert end is not None

    sink.release()
    async with open_bench(store=store, sink=sink) as next_bench:
        await next_bench.done(run)
        assert [one.publication.data for one in sink.events(run)] == [end]


async def test_a_run_is_known_while_it_runs_and_forgotten_afterwards() -> None:
    async with open_bench(*say("Hi"), 1, STOP) as bench:
        run = bench.start()
        await bench.until(lambda: bench.model.told == 1)
        await asyncio.sleep(0.1)
        state = bench.runs.state(run)
        assert state is not None
        assert [part.text for part in state.parts] == ["Hi"]
        await bench.done(run)

        assert bench.runs.state(run) is None
