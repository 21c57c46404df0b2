"""The clock of the other tests in here."""

import asyncio
import time

import pytest

from tests.fakes.virtual_time import NothingLeftError, VirtualTimeLoop


async def test_hours_pass_at_once_and_in_order() -> None:
    began, order = time.monotonic(), []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append((seconds, asyncio.get_running_loop().time()))

    await asyncio.gather(*map(sleep, (7200, 1, 3600)))

    assert order == [(1, 1), (3600, 3600), (7200, 7200)]
    assert time.monotonic() - began < 5


def test_a_test_that_would_hang_fails() -> None:
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner, pytest.raises(NothingLeftError):
        runner.run(wait_for_ever())
