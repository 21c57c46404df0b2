"""How much of a conversation the model is told."""

from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.context import fitting


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 200))
def test_as_many_of_the_last_turns_as_fit_and_always_the_last(lengths: list[int], limit: int) -> None:
    count = fitting(lengths, limit)

    assert 1 <= count <= len(lengths)
    assert count == 1 or sum(lengths[-count:]) <= limit
    assert count == len(lengths) or sum(lengths[-count - 1 :]) > limit


def test_a_prompt_that_is_too_long_is_told_alone() -> None:
    assert fitting([1, 1, 100], 10) == 1
