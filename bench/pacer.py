"""Doing something at a steady pace."""

import asyncio
from collections.abc import Callable


async def every(interval: float, tick: Callable[[], bool], *, phase: float = 0) -> None:
    """Call ``tick`` every ``interval`` seconds until it returns ``False``, the first time after ``phase``."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle
    done: asyncio.Future[None] = loop.create_future()
    due = loop.time() + phase

    def fire() -> None:
        nonlocal due, timer
        try:
            goes_on = tick()
        except Exception as exc:
            done.set_exception(exc)
            return
        if not goes_on:
            done.set_result(None)
            return
        due += interval  # From the plan, not from now: who is late catches up.
        timer = loop.call_at(due, fire)

    timer = loop.call_at(due, fire)
    try:
        await done
    finally:
        timer.cancel()


def spread(number: int) -> float:
    """Return where in an interval, from 0 to 1, the member of that number acts: any few lie far apart."""
    return number * 0.6180339887498949 % 1
