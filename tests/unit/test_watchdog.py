"""The watchdog ends a wait that is too long, and only that."""

import asyncio

import pytest

from proxy_app.adapters.models.watchdog import Watchdog

LONG = 60.0


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_what_is_in_time_is_returned() -> None:
    async with Watchdog(LONG) as watchdog:
        assert await watchdog.wait(asyncio.sleep(0, "result")) == "result"


async def test_a_wait_that_is_too_long_ends() -> None:
    began = now()
    async with Watchdog(0.05) as watchdog:
        with pytest.raises(TimeoutError):
            await watchdog.wait(asyncio.sleep(LONG))

    assert now() - began == pytest.approx(0.05)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_every_wait_has_the_whole_limit() -> None:
    async with Watchdog(0.2) as watchdog:
        for _ in range(4):  # Together far beyond the limit.
            await watchdog.wait(asyncio.sleep(0.1))
            await asyncio.sleep(0.1)  # Time between two waits counts for none.

        began = now()
        with pytest.raises(TimeoutError):
            await watchdog.wait(asyncio.sleep(LONG))
        assert now() - began == pytest.approx(0.2)


async def test_somebody_elses_cancellation_stays_one() -> None:
    async def wait() -> None:
        async with Watchdog(LONG) as watchdog:
            await watchdog.wait(asyncio.sleep(LONG))

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_at_the_same_moment_counts_more() -> None:
    async def wait() -> None:
        async with Watchdog(0.05) as watchdog:
            asyncio.get_running_loop().call_later(0.05, cancel)
            await watchdog.wait(asyncio.sleep(LONG))

    def cancel() -> None:
        task.cancel()

    task = asyncio.create_task(wait())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_what_is_waited_for_passes() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async with Watchdog(LONG) as watchdog:
        with pytest.raises(ZeroDivisionError):
            await watchdog.wait(fail())
