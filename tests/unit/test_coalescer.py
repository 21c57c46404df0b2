"""The coalescer: what waits is joined, and cut into publications that are never too large."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.accumulator import Accumulator
from proxy_app.core.chunks import ReasoningDelta, TextDelta
from proxy_app.core.coalescer import Coalescer
from proxy_app.core.content import Content
from proxy_app.core.events import PartChunk, PartDelta, PartEnd, PartStart

from .texts import deltas

Said = list[TextDelta | ReasoningDelta]
LIMIT = 100


def whole(said: Said) -> tuple[list[PartChunk], Content]:
    """Return all chunks of an answer, and the content that they make uncut."""
    accumulator, content = Accumulator(limit=1_000_000), Content()
    chunks = [chunk for delta in said for chunk in accumulator.feed(delta)] + accumulator.close()
    content.apply(chunks)
    return chunks, content


@given(st.lists(deltas), st.lists(st.booleans()))
def test_any_cutting_gives_the_text(said: Said, cuts: list[bool]) -> None:
    chunks, expected = whole(said)
    pending, content, seen = Coalescer(interval=0, limit=LIMIT), Content(), list[PartChunk]()
    for number, chunk in enumerate(chunks):
        pending.push([chunk])
        if number < len(cuts) and cuts[number]:
            cut = pending.cut(0)
            seen += cut
            content.apply(cut)
    while pending:
        cut = pending.cut(0)
        assert cut  # Else it would never end.
        seen += cut
        content.apply(cut)

    assert content.parts() == expected.parts()
    assert content.ends() == expected.ends()
    frames = [chunk for chunk in seen if not isinstance(chunk, PartDelta)]
    assert frames == [chunk for chunk in chunks if not isinstance(chunk, PartDelta)]


@given(st.lists(deltas, min_size=1), st.integers(1, 40))
def test_no_cut_is_larger_than_the_limit_promises(said: Said, repeat: int) -> None:
    chunks, _ = whole([delta for delta in said for _ in range(repeat)])
    pending = Coalescer(interval=0, limit=LIMIT)
    pending.push(chunks)
    while pending:
        data = orjson.dumps([chunk.to_json() for chunk in pending.cut(0)])
        assert len(data) <= 6 * LIMIT


def test_the_worst_character_fills_a_cut_and_does_not_overfill_it() -> None:
    pending = Coalescer(interval=0, limit=LIMIT)
    pending.push([PartStart("1", "text"), PartDelta("1", "text", "\x00" * 1000)])
    sizes = []
    while pending:
        sizes.append(len(orjson.dumps([chunk.to_json() for chunk in pending.cut(0)])))

    assert max(sizes) <= 6 * LIMIT
    assert len(sizes) == 1 + -(-(1000 - (LIMIT - 80)) // (LIMIT - 40))


def test_the_text_of_several_parts_fills_a_cut_together() -> None:
    pending = Coalescer(interval=0, limit=1000)
    for number in range(4):
        part = str(number)
        delta = PartDelta(part, "text", "\x00" * 600)
        pending.push([PartStart(part, "text"), delta, PartEnd(part, "text")])
    sizes = []
    while pending:
        sizes.append(len(orjson.dumps([chunk.to_json() for chunk in pending.cut(0)])))

    assert max(sizes) <= 6 * 1000


def test_the_first_cut_is_due_at_once_and_the_next_an_interval_later() -> None:
    pending = Coalescer(interval=0.04, limit=LIMIT)
    assert pending.due_at <= 0

    pending.push([PartDelta("1", "text", "a")])
    pending.cut(7.0)

    assert pending.due_at == 7.04


def test_deltas_of_a_part_travel_as_one() -> None:
    pending = Coalescer(interval=0, limit=LIMIT)
    pending.push(PartDelta("1", "text", text) for text in ("Hel", "lo, ", "world"))
    assert pending

    assert pending.cut(0) == [PartDelta("1", "text", "Hello, world")]
    assert not pending


def test_what_is_empty_is_held_in_order() -> None:
    chunks: list[PartChunk] = [
        PartStart("1", "text"),
        PartEnd("1", "text"),
        PartStart("2", "text"),
        PartEnd("2", "text"),
    ]
    pending = Coalescer(interval=0, limit=100)
    pending.push(chunks)

    assert pending.cut(0) + pending.cut(0) == chunks
