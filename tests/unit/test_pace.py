"""Nobody calls faster than they may, and whoever waits is let through again."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_app.core.pace import BURST, Pace
from proxy_app.core.quotas import Limits
from proxy_app.errors import RateLimitedError
from proxy_app.ports import Caller
from proxy_app.proxy.turnstile import MOST_HELD, Turnstile

steps = st.lists(st.tuples(st.integers(1, 10), st.floats(0, 3)), max_size=200)


@given(steps, st.integers(1, 50))
def test_no_more_gets_through_than_the_burst_and_what_time_brings(
    steps: list[tuple[int, float]], rate: int
) -> None:
    pace, now, passed = Pace(), 0.0, 0
    for calls, pause in steps:
        now += pause
        if pace.take("ada", calls, rate, now) == 0:
            passed += calls
        # The last may be larger than a whole bucket.
        assert passed <= rate * (BURST + now) + 10 + 1e-6


@given(steps, st.integers(1, 50))
def test_the_time_that_is_told_is_enough(steps: list[tuple[int, float]], rate: int) -> None:
    pace, now = Pace(), 0.0
    for calls, pause in steps:
        now += pause
        if wait := pace.take("ada", calls, rate, now):
            now += wait + 1e-6
            assert pace.take("ada", calls, rate, now) == 0


def test_the_burst_is_there_at_once_and_then_the_rate() -> None:
    pace = Pace()
    assert [pace.take("ada", 1, 20, 0) for _ in range(200)] == [0] * 200

    assert pace.take("ada", 1, 20, 0) == pytest.approx(0.05)
    assert pace.take("ada", 5, 20, 0) == pytest.approx(0.25)
    assert pace.take("ada", 1, 20, 0.051) == 0
    assert pace.take("grace", 1, 20, 0) == 0


def test_those_with_full_buckets_are_forgotten() -> None:
    pace = Pace()
    for number in range(10_000):
        pace.take(f"user-{number}", 1, 10, number)

    assert len(pace._full_at) <= 2


def test_only_so_many_are_remembered_whatever_happens() -> None:
    pace = Pace(most_users=100)
    for number in range(10_000):
        pace.take(f"user-{number}", 50, 10, 0)

    assert len(pace._full_at) <= 100


def turnstile(hold: float = 0, limit: int | None = 1) -> Turnstile:
    return Turnstile(Limits(calls_per_second=limit), clock=lambda: 0.0, hold=hold)


async def test_what_a_hook_says_of_the_pace_comes_first() -> None:
    busy = Caller("ada", Limits(calls_per_second=2))
    calls = turnstile()
    for _ in range(20):
        await calls.pass_through(busy, 1)

    with pytest.raises(RateLimitedError, match=r"^That was too much at once\. Try again in 1 second\.$"):
        await calls.pass_through(busy, 1)


@pytest.mark.parametrize("own", [Limits(), Limits(calls_per_second=0)])
async def test_who_may_call_never_may_call_once_a_second(own: Limits) -> None:
    calls = turnstile()
    for _ in range(10):
        await calls.pass_through(Caller("ada", own), 1)
    with pytest.raises(RateLimitedError):
        await calls.pass_through(Caller("ada", own), 1)


async def test_no_limit_is_none() -> None:
    calls = turnstile(limit=None)
    for _ in range(10_000):
        await calls.pass_through(Caller("ada", Limits()), 1)


async def test_refusals_are_held_back_but_not_too_many_at_once() -> None:
    calls, ada = turnstile(hold=0.2), Caller("ada", Limits())
    await calls.pass_through(ada, 10)
    began = asyncio.get_running_loop().time()
    refused = [asyncio.create_task(calls.pass_through(ada, 1)) for _ in range(MOST_HELD + 44)]

    done, held = await asyncio.wait(refused, timeout=0.05)
    assert (len(done), len(held)) == (44, MOST_HELD)
    await asyncio.wait(held)
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert all(isinstance(task.exception(), RateLimitedError) for task in refused)
