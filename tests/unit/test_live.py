"""A run while it is written: its publications, its checkpoints, its end, and who wakes whom."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy_app.core.accumulator import MAX_PARTS, Accumulator
from proxy_app.core.chunks import Finish, ModelChunk, ReasoningDelta, TextDelta, Usage
from proxy_app.core.coalescer import Coalescer
from proxy_app.core.content import Piece, assemble
from proxy_app.core.events import RunAddress
from proxy_app.core.objects import RunError
from proxy_app.core.outcomes import Outcome, failed, finished, stopped
from proxy_app.core.positions import Position
from proxy_app.core.reducer import Run, apply_event
from proxy_app.errors import ModelBrokenError
from proxy_app.ports import Publication
from proxy_app.runs.engine import _ENVELOPE
from proxy_app.runs.live import LiveRun
from tests.fakes.memory import parts_of

from .texts import deltas

SIZE = 65_536
SMALLEST = 32_768
"""The lowest limit that settings allow."""
CONVERSATION, MESSAGE, RUN = (f"0190a000-0000-7000-8000-00000000000{digit}" for digit in "cmr")
BROKEN = failed(RunError("model_broken", ModelBrokenError.sentence))


def open_run(*, size: int = SIZE, max_answer: int = 1_000_000) -> LiveRun:
    return LiveRun(
        RunAddress(CONVERSATION, MESSAGE, RUN, attempt=1),
        user="guest-1",
        accumulator=Accumulator(max_answer),
        coalescer=Coalescer(0.04, (size - _ENVELOPE) // 6),
    )


def event(publication: Publication) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(publication.data)
    return told


def received(publications: list[Publication]) -> Run:
    """Return what a client holds that got every publication, each of which it could apply."""
    run = Run()
    for publication in publications:
        assert apply_event(run, event(publication)) == "applied"
    return run


@settings(max_examples=200, deadline=None)
@given(
    st.lists(deltas, max_size=30), st.sets(st.integers(0, 30)), st.sampled_from([finished("stop"), BROKEN])
)
def test_a_client_that_gets_all_has_the_text_and_believes_the_checksums(
    said: list[ModelChunk], cuts: set[int], outcome: Outcome
) -> None:
    live, publications = open_run(size=_ENVELOPE + 6 * 60), list[Publication]()
    for number, chunk in enumerate(said):
        live.feed([chunk])
        if number in cuts and live.coalescer:
            publications.append(live.cut(0))
            # A snapshot is exactly what was published so far.
            held = received(publications)
            assert (held.attempt, held.seq) == (1, live.state().run.seq)
            assert parts_of(held) == live.state().parts
    publications += live.finish(outcome, 0)
    live.stored()

    run = received(publications)
    assert run.ended
    assert not run.mismatched
    assert parts_of(run) == live.state().parts == live.ending(publications[-1]).parts
    assert "".join(part.text for part in parts_of(run)) == "".join(
        chunk.text for chunk in said if isinstance(chunk, TextDelta | ReasoningDelta)
    )


def test_the_first_publication_says_start_and_all_are_numbered_and_keyed() -> None:
    live = open_run()
    live.feed([TextDelta("a")])
    publications = [live.cut(0)]
    live.feed([TextDelta("b")])
    publications += [live.cut(1), *live.finish(finished("stop"), 2)]

    kinds = [[chunk["type"] for chunk in event(publication)["chunks"]] for publication in publications]
    assert kinds == [["start", "text-start", "text-delta"], ["text-delta"], ["text-end", "run-end"]]
    assert [event(publication)["seq"] for publication in publications] == [1, 2, 3]
    assert [publication.idempotency_key for publication in publications] == [
        f"{RUN}:1:{seq}" for seq in (1, 2, 3)
    ]


def test_an_end_without_a_word_is_one_publication() -> None:
    (publication,) = open_run().finish(stopped("cancelled"), 0)

    assert [chunk["type"] for chunk in event(publication)["chunks"]] == ["start", "run-end"]
    assert event(publication)["chunks"][1]["parts"] == []


WORST = {
    "control characters": [TextDelta("\x00" * 100_000)],
    "quotes": [TextDelta('"\\' * 60_000)],
    "characters of four bytes": [TextDelta("🙂" * 50_000)],
    "many parts": [TextDelta("\x00" * 40), ReasoningDelta("\x01" * 40)] * (MAX_PARTS // 2),
    "many parts and a full last cut": [
        *[TextDelta("a"), ReasoningDelta("b")] * (MAX_PARTS // 2 - 1),
        TextDelta("\x00" * 7_000),
    ],
}


@pytest.mark.parametrize("size", [SMALLEST, SIZE])
@pytest.mark.parametrize("said", WORST.values(), ids=WORST)
def test_no_publication_is_larger_than_its_limit(said: list[ModelChunk], size: int) -> None:
    live = open_run(size=size)
    live.feed(said)
    publications = live.finish(failed(RunError("internal", "\x00" * 500, 1.5)), 0)

    assert max(len(publication.data) for publication in publications) <= size
    assert not received(publications).mismatched


@pytest.mark.parametrize(
    ("told", "said", "prompt", "outcome", "usage"),
    [
        ([Usage(3, 5)], "Hello", 8, finished("stop"), Usage(3, 5)),
        ([], "Hello", 8, finished("stop"), Usage(2, 2, estimated=True)),
        ([], "Hello", 8, BROKEN, Usage(2, 2, estimated=True)),
        ([], "", 8, finished("stop"), Usage(2, 0, estimated=True)),
        ([], "", 8, stopped("cancelled"), Usage(2, 0, estimated=True)),
        ([], "", 8, BROKEN, None),
        ([], "", 0, stopped("cancelled"), None),
    ],
    ids=["told", "said", "broke off", "empty", "stopped", "failed before a word", "was not asked"],
)
def test_usage_is_what_the_upstream_told_or_an_estimate_of_what_was_used(
    told: list[ModelChunk], said: str, prompt: int, outcome: Outcome, usage: Usage | None
) -> None:
    live = open_run()
    live.prompt_length = prompt
    live.feed([*([TextDelta(said)] if said else []), *told])
    (publication,) = live.finish(outcome, 0)

    assert live.ending(publication).run.usage == usage


def test_an_end_is_told_only_once_it_is_stored() -> None:
    live = open_run()
    live.feed([TextDelta("Hel")])
    live.cut(0)
    before = live.state()
    live.feed([TextDelta("lo")])
    live.finish(finished("stop"), 0)
    assert live.state() == before

    live.stored()
    assert live.state().run.status == "completed"
    assert [part.text for part in live.state().parts] == ["Hello"]


@given(st.lists(deltas, min_size=1, max_size=20), st.lists(st.sampled_from(["cut", "store", "fail"])))
def test_checkpoints_hold_each_piece_once_and_repeat_it_identically(
    said: list[ModelChunk], steps: list[str]
) -> None:
    live, stored, seen = open_run(), list[Piece](), dict[int, Piece]()
    for number, chunk in enumerate(said):
        live.feed([chunk])
        step = steps[number] if number < len(steps) else "store"
        if live.coalescer:
            live.cut(0)
        if step == "cut":
            continue
        checkpoint = live.checkpoint(None)
        assert checkpoint is not None
        assert checkpoint.seq == live.status.seq
        for at, piece in checkpoint.pieces:
            assert seen.setdefault(at, piece) == piece
        assert assemble([*stored, *(piece for _, piece in checkpoint.pieces)]) == live.state().parts
        if step == "store":
            live.saved(checkpoint)
            stored += [piece for _, piece in checkpoint.pieces]
            assert live.checkpoint(None) is None

    assert sorted(seen) == list(range(len(seen)))


def test_what_comes_while_a_checkpoint_is_stored_is_left_for_the_next() -> None:
    live = open_run()
    live.feed([TextDelta("Hel")])
    live.cut(0)
    first = live.checkpoint(None)
    assert first is not None
    live.feed([TextDelta("lo")])
    live.cut(0)
    live.saved(first)

    second = live.checkpoint(None)
    assert second is not None
    assert second.pieces == ((1, Piece("1", "text", "lo")),)


def test_nothing_is_checkpointed_before_the_first_cut_and_after_the_end() -> None:
    live = open_run()
    live.feed([TextDelta("Hello")])
    assert live.checkpoint(None) is None

    live.finish(finished("stop"), 0)
    assert live.checkpoint(None) is None


def test_a_run_that_says_nothing_moves_along_with_its_channel() -> None:
    live = open_run()
    first = live.checkpoint(Position(7, "e"))
    assert first is not None
    assert (first.position, first.pieces) == (Position(7, "e"), ())
    # Not stored yet, so it is tried again.
    assert live.checkpoint(Position(7, "e")) == first
    live.saved(first)
    assert live.checkpoint(Position(7, "e")) is None
    assert live.checkpoint(None) is None

    moved = live.checkpoint(Position(9, "e"))
    assert moved is not None
    assert moved.position == Position(9, "e")


def test_the_answers_limit_ends_it_as_incomplete() -> None:
    live = open_run(max_answer=4)
    live.feed([TextDelta("Hello"), Finish("stop")])

    assert live.accumulator.full
    assert live.accumulator.finish_reason == "length"


async def test_the_first_reason_to_stop_counts() -> None:
    live = open_run()
    live.stop("interrupted")
    live.stop("cancelled")

    assert live.stop_reason == "interrupted"


async def test_a_stop_before_the_reader_cancels_it_at_once() -> None:
    live, begun = open_run(), asyncio.Event()

    async def read() -> None:
        begun.set()

    live.stop("cancelled")
    reader = asyncio.create_task(read())
    live.attach(reader)
    await asyncio.wait([reader])

    assert reader.cancelled()
    assert not begun.is_set()


async def test_a_stop_after_the_last_word_changes_nothing() -> None:
    live = open_run()
    live.end_reading()
    live.stop("cancelled")

    assert live.stop_reason is None


async def test_waiting_ends_at_its_moment_or_with_the_last_word() -> None:
    loop, live = asyncio.get_running_loop(), open_run()
    await live.until(loop.time() - 1)
    assert loop.time() == 0

    await live.until(5)
    assert loop.time() == pytest.approx(5)

    loop.call_at(7, live.end_reading)
    await live.until(100)
    await live.until(200)
    assert loop.time() == pytest.approx(7)
