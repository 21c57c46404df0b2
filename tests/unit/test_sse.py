"""The splitter gives the same payloads however the bytes are cut."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.sse import SseOverflowError, SseSplitter

LIMIT = 1000

LINES = st.one_of(
    st.builds(lambda text: b"data: " + text, st.binary(max_size=12)),
    st.builds(lambda text: b"data:" + text, st.binary(max_size=5)),
    st.sampled_from([b"", b"data", b": comment", b"event: x", b"id:1", b"retry: 5", b"database: x", b"dat"]),
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAMS = st.builds(
    lambda bom, lines: bom + b"".join(line + end for line, end in lines),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.tuples(LINES, ENDS), max_size=20),
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def by_the_book(data: bytes) -> list[bytes]:
    """Read a whole stream line by line, as the standard words it, but for a lenient end."""
    payloads: list[bytes] = []
    event: list[bytes] = []
    for line in [*re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf")), b""]:
        if line == b"":
            payloads += [b"\n".join(event)] if event else []
            event = []
            continue
        name, _, value = line.partition(b":")
        if name == b"data":
            event.append(value.removeprefix(b" "))
    return payloads


def split(pieces: list[bytes], limit: int = LIMIT) -> list[bytes]:
    splitter = SseSplitter(limit)
    payloads = [payload for piece in pieces for payload in splitter.feed(piece)]
    return payloads + splitter.end()


@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=8))
def test_any_cutting_gives_what_the_standard_says(data: bytes, places: list[int]) -> None:
    assert split(cut(data, places)) == by_the_book(data)


@given(STREAMS)
def test_single_bytes_give_what_the_standard_says(data: bytes) -> None:
    assert split([data[at : at + 1] for at in range(len(data))]) == by_the_book(data)


@given(st.integers(0, 30), st.lists(st.integers(0, 60), max_size=6))
def test_the_limit_holds_however_the_bytes_are_cut(length: int, places: list[int]) -> None:
    event = b"data: " + b"x" * length
    pieces = cut(event + b"\n\n", places)
    if len(event) <= 20:
        assert split(pieces, limit=20) == [b"x" * length]
        return
    with pytest.raises(SseOverflowError):
        split(pieces, limit=20)


def test_an_event_is_given_as_soon_as_its_last_byte_is_there() -> None:
    for end in (b"\n\n", b"\r\r"):
        splitter = SseSplitter(LIMIT)
        assert splitter.feed(b"data: 1" + end[:1]) == []
        assert splitter.feed(end[1:]) == [b"1"]


def test_an_event_without_an_end_does_not_pile_up() -> None:
    splitter = SseSplitter(LIMIT)
    assert splitter.feed(b"x" * LIMIT) == []
    with pytest.raises(SseOverflowError):
        splitter.feed(b"never ending")
