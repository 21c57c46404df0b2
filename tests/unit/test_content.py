"""Content: what was cut, with lengths and checksums, and what of it is not stored yet."""

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.accumulator import Accumulator
from proxy_app.core.chunks import ReasoningDelta, TextDelta
from proxy_app.core.content import Content, Piece, assemble, join
from proxy_app.core.events import PartDelta, PartStart

from .texts import deltas, units


@given(st.lists(deltas), st.sets(st.integers(0, 30)))
def test_lengths_checksums_and_pieces_are_those_of_the_text(
    said: list[TextDelta | ReasoningDelta], takes: set[int]
) -> None:
    accumulator, content, pieces = Accumulator(limit=10_000), Content(), list[Piece]()
    for number, delta in enumerate(said):
        content.apply(accumulator.feed(delta))
        if number in takes:
            pieces += content.take_unsaved()
    pieces += content.take_unsaved()

    parts = content.parts()
    assert content.ends() == [(part.id, units(part.text), crc32(part.text.encode())) for part in parts]
    assert assemble(pieces) == parts
    assert content.take_unsaved() == []


def test_a_part_that_has_begun_is_kept_though_it_is_empty() -> None:
    content = Content()
    content.apply([PartStart("1", "reasoning")])

    assert [part.text for part in content.parts()] == [""]
    assert content.take_unsaved() == [Piece("1", "reasoning", "")]


def test_adjacent_pieces_are_joined_and_parts_stay_apart() -> None:
    content = Content()
    content.apply(
        [
            PartStart("1", "reasoning"),
            PartDelta("1", "reasoning", "H"),
            PartDelta("1", "reasoning", "m"),
            PartStart("2", "text"),
            PartDelta("2", "text", "Yes"),
        ]
    )

    assert content.take_unsaved() == [Piece("1", "reasoning", "Hm"), Piece("2", "text", "Yes")]
    assert join([]) == []
