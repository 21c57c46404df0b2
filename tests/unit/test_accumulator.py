"""The accumulator: a model's chunks become parts, up to the limits."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.accumulator import MAX_PARTS, Accumulator
from proxy_app.core.chunks import Finish, ReasoningDelta, TextDelta, Usage
from proxy_app.core.content import Content
from proxy_app.core.events import PartChunk, PartDelta, PartEnd, PartStart

from .texts import deltas, units

Said = list[TextDelta | ReasoningDelta]


def kind_of(delta: TextDelta | ReasoningDelta) -> str:
    return "text" if isinstance(delta, TextDelta) else "reasoning"


def feed(accumulator: Accumulator, said: Said) -> list[PartChunk]:
    return [chunk for delta in said for chunk in accumulator.feed(delta)]


@given(st.lists(deltas))
def test_parts_are_the_stretches_of_one_kind(said: Said) -> None:
    accumulator = Accumulator(limit=10_000)
    content = Content()
    content.apply([*feed(accumulator, said), *accumulator.close()])

    stretches = [(kind, "".join(d.text for d in stretch)) for kind, stretch in groupby(said, kind_of)]
    assert [(part.type, part.text) for part in content.parts()] == stretches
    assert accumulator.length == sum(units(delta.text) for delta in said)
    assert not accumulator.full


@given(st.lists(deltas))
def test_every_part_has_an_id_of_its_own_a_start_and_an_end(said: Said) -> None:
    accumulator, opened, ended = Accumulator(limit=10_000), list[str](), list[str]()
    for chunk in [*feed(accumulator, said), *accumulator.close(), *accumulator.close()]:
        match chunk:
            case PartStart(part):
                assert opened == ended
                opened.append(part)
            case PartDelta(part):
                assert opened[-1] == part
                assert part not in ended
            case PartEnd(part):
                ended.append(part)

    assert opened == ended
    assert len(set(opened)) == len(opened)


@given(st.lists(deltas, min_size=1), st.integers(1, 60))
def test_the_limit_cuts_the_text_and_nothing_else(said: Said, limit: int) -> None:
    accumulator, content = Accumulator(limit=limit), Content()
    content.apply(feed(accumulator, said))
    accumulator.feed(Finish("stop"))

    kept = "".join(part.text for part in content.parts())
    whole = "".join(delta.text for delta in said)
    assert whole.startswith(kept)
    assert units(kept) == accumulator.length <= limit
    if units(whole) <= limit:
        assert (kept, accumulator.full, accumulator.finish_reason) == (whole, False, "stop")
    else:
        # What is missing to the limit is less than the next character.
        assert units(whole[: len(kept) + 1]) > limit
        assert (accumulator.full, accumulator.finish_reason) == (True, "length")


def test_an_answer_that_just_fits_is_complete() -> None:
    accumulator = Accumulator(limit=5)
    accumulator.feed(TextDelta("abc🙂"))
    accumulator.feed(Finish("stop"))

    assert (accumulator.full, accumulator.finish_reason) == (False, "stop")


def test_a_part_too_many_ends_the_answer() -> None:
    accumulator = Accumulator(limit=10_000)
    alternating: Said = [TextDelta("a"), ReasoningDelta("b")] * MAX_PARTS
    content = Content()
    content.apply(feed(accumulator, alternating))

    assert len(content.parts()) == MAX_PARTS
    assert (accumulator.full, accumulator.finish_reason) == (True, "length")


def test_the_first_reason_and_the_last_usage_count() -> None:
    accumulator = Accumulator(limit=10)
    for chunk in (Finish("tool-calls"), Finish("stop"), Usage(1, 1), Usage(3, 5)):
        assert accumulator.feed(chunk) == []

    assert accumulator.finish_reason == "tool-calls"
    assert accumulator.usage == Usage(3, 5)
