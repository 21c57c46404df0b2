"""Limits: whose counts, when they are reached, and what the user is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.quotas import DAY, MINUTE, Limits, Used, Window, limits_of, refusal, window_start

LIMITS = Limits(prompts_per_minute=3, prompts_per_day=10, tokens_per_day=100, storage=1000)
NOON = 20_000 * DAY + DAY // 2


@pytest.mark.parametrize(
    ("window", "used", "sentence"),
    [
        ("minute", Used(prompts=4), "You may send 3 messages a minute. Try again in 60 seconds."),
        ("day", Used(prompts=11), "You may send 10 messages a day. Try again in 12 hours."),
        (
            "day",
            Used(tokens=100),
            "What may be used of the model in a day is used up. Try again in 12 hours.",
        ),
        ("total", Used(size=1001), "There is no room left for more messages."),
    ],
)
def test_each_limit_has_its_sentence(window: Window, used: Used, sentence: str) -> None:
    refused = refusal(LIMITS, {window: used}, NOON)

    assert refused is not None
    assert refused.message.startswith(sentence)
    assert refused.kind == ("size" if window == "total" else "rate")


@pytest.mark.parametrize(
    ("window", "used"),
    [
        ("minute", Used(prompts=3)),
        ("day", Used(prompts=10)),
        ("day", Used(tokens=99)),
        ("total", Used(size=1000)),
    ],
)
def test_exactly_the_limit_is_allowed(window: Window, used: Used) -> None:
    assert refusal(LIMITS, {window: used}, NOON) is None


def test_no_limit_refuses_nothing() -> None:
    used = Used(10**9, 10**12, 10**12)

    assert refusal(Limits(), {"minute": used, "day": used, "total": used}, NOON) is None


@pytest.mark.parametrize(
    ("before_the_end", "words"),
    [(1, "1 second"), (1000, "1 second"), (1001, "2 seconds"), (MINUTE, "60 seconds")],
)
def test_the_user_is_told_when_to_try_again(before_the_end: int, words: str) -> None:
    refused = refusal(LIMITS, {"minute": Used(prompts=4)}, NOON - before_the_end)

    assert refused is not None
    assert refused.message.endswith(f"in {words}.")


@given(st.integers(0, 2**45))
def test_a_window_begins_before_and_ends_after_each_of_its_moments(now: int) -> None:
    assert 0 <= now - window_start("minute", now) < MINUTE
    assert 0 <= now - window_start("day", now) < DAY
    assert window_start("total", now) == 0


def test_what_a_hook_says_comes_before_the_settings() -> None:
    own = limits_of(
        {
            "prompts_per_minute": 100,
            "runs": 0,
            "prompt": None,
            "storage": "much",
            "x": 1,
            "tokens_per_day": True,
        }
    )

    assert own == Limits(prompts_per_minute=100, runs=0)
    assert own.over(LIMITS) == Limits(
        runs=0, prompts_per_minute=100, prompts_per_day=10, tokens_per_day=100, storage=1000
    )


@pytest.mark.parametrize("told", [None, [], "many", 3, {"prompt": 1.5}, {"prompt": [1]}])
def test_a_hook_that_says_nonsense_says_nothing(told: object) -> None:
    assert limits_of(told) == Limits()


def test_a_negative_limit_is_none_at_all() -> None:
    assert limits_of({"runs": -5}) == Limits(runs=0)
