"""Checkpoints: what was published is stored once a second, once, and never after the end."""

import asyncio

import pytest

from proxy_app.core.content import assemble
from proxy_app.core.positions import Position
from tests.fakes.memory import Fault, MemoryRunStore, RecordingSink

from .running import STOP, Bench, open_bench, say


def stored_text(bench: Bench, run: str) -> str:
    return "".join(part.text for part in bench.store.state(run).parts)


async def test_what_was_said_is_stored_within_a_second_with_its_place() -> None:
    async with open_bench(*say("Hel"), 0.5, *say("lo"), asyncio.Event()) as bench:
        run = bench.start()
        await asyncio.sleep(1.1)

        assert stored_text(bench, run) == "Hello"
        assert bench.stored(run).seq == 2
        # Two announcements and two publications were acknowledged.
        assert bench.store.runs[run].position == Position(4, "e")


async def test_the_position_is_not_later_than_anything_that_is_not_stored() -> None:
    """What is under way at a checkpoint is stored by it, so the position may be before it, never after."""
    async with open_bench(
        *say("Hel"), 1.0, *say("lo"), asyncio.Event(), sink=RecordingSink(duration=0.4)
    ) as bench:
        run = bench.start()
        await asyncio.sleep(1.3)
        # The announcements and "Hel" have arrived, "lo" has been cut and is under way.
        assert stored_text(bench, run) in ("Hel", "Hello")
        await asyncio.sleep(1)
        assert stored_text(bench, run) == "Hello"
        for checkpoint in bench.store.runs[run].checkpoints:
            assert checkpoint.position is not None
            assert checkpoint.position.offset <= 2 + checkpoint.seq


async def test_a_silent_run_moves_along_with_what_else_its_user_is_told() -> None:
    async with open_bench(asyncio.Event()) as bench:
        silent = bench.start()
        await asyncio.sleep(1.1)
        assert bench.store.runs[silent].position == Position(2, "e")
        other = bench.start()
        await asyncio.sleep(1.1)

        assert bench.store.runs[silent].position == bench.store.runs[other].position == Position(4, "e")
        await asyncio.sleep(3)
        # Nothing moved any more, so nothing was stored any more.
        assert [len(bench.store.runs[run].checkpoints) for run in (silent, other)] == [2, 1]


async def test_all_runs_share_a_transaction() -> None:
    async with open_bench(*say("Hi"), asyncio.Event(), store=MemoryRunStore()) as bench:
        for _ in range(20):
            bench.start()
        await asyncio.sleep(1.1)

        assert bench.store.calls["checkpoint"] == 1
        assert {stored_text(bench, run) for run in bench.store.runs} == {"Hi"}


@pytest.mark.parametrize("fault", ["away", "unheard"])
async def test_a_failed_checkpoint_is_repeated_identically_with_what_is_new(fault: Fault) -> None:
    async with open_bench(*say("Hel"), 1.5, *say("lo"), asyncio.Event()) as bench:
        bench.store.faults["checkpoint"] = [fault]
        run = bench.start()
        await asyncio.sleep(3.1)

        first, second = bench.store.runs[run].checkpoints
        assert second.pieces[: len(first.pieces)] == first.pieces
        assert stored_text(bench, run) == "Hello"
        assert assemble(piece for _, piece in second.pieces)[0].text == "Hello"


async def test_each_piece_is_handed_over_once_and_nothing_is_when_nothing_is_new() -> None:
    async with open_bench(*say("a"), 1, *say("b"), 3, *say("c"), asyncio.Event()) as bench:
        run = bench.start()
        await asyncio.sleep(6)

        pieces = [piece for checkpoint in bench.store.runs[run].checkpoints for piece in checkpoint.pieces]
        assert [number for number, _ in pieces] == [0, 1, 2]
        assert "".join(piece.text for _, piece in pieces) == "abc"


async def test_a_checkpoint_that_is_overtaken_by_the_end_leaves_nothing_behind() -> None:
    async with open_bench(*say("Hi"), 1.05, STOP) as bench:
        run = bench.start()
        bench.store.slow["checkpoint"] = 0.5
        await asyncio.sleep(1.2)
        # It is under way still, and the end is stored.
        assert len(bench.store.runs[run].checkpoints) == 1
        assert bench.stored(run).status == "completed"
        await bench.done(run)
        await asyncio.sleep(2)

        assert len(bench.store.runs[run].checkpoints) == 1
        assert bench.store.runs[run].pieces == {}
        assert bench.stored(run).status == "completed"


async def test_an_outage_of_the_database_holds_up_no_publication() -> None:
    async with open_bench(*say("a"), 2, *say("b"), 2, *say("c"), asyncio.Event()) as bench:
        run = bench.start()
        await asyncio.sleep(0.5)
        bench.store.away = True
        await asyncio.sleep(4.5)
        assert "".join(part.text for part in bench.sink.client(run).parts.values()) == "abc"
        assert stored_text(bench, run) == ""

        bench.store.away = False
        await asyncio.sleep(1.1)
        assert stored_text(bench, run) == "abc"


async def test_an_end_that_is_published_during_a_checkpoint_is_stored_by_the_next() -> None:
    async with open_bench(*say("Hi"), STOP) as bench:
        bench.store.slow["checkpoint"] = 0.5
        first = bench.start()
        await asyncio.sleep(1.2)
        second = bench.start()
        # The first checkpoint is under way, and knows nothing of the second run.
        await asyncio.sleep(0.1)
        assert len(bench.ends(second)) == 1
        await asyncio.sleep(1.9)

        assert bench.store.runs[first].end is None
        assert bench.store.runs[second].end is None


async def test_that_an_end_was_published_is_stored_though_it_fails_at_first() -> None:
    async with open_bench(*say("Hi"), STOP) as bench:
        bench.store.faults["checkpoint"] = ["away", "unheard"]
        run = bench.start()
        await asyncio.sleep(0.5)
        assert bench.store.runs[run].end is not None

        await asyncio.sleep(2.6)
        assert bench.store.runs[run].end is None
