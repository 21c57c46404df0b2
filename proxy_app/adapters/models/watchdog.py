"""A time limit for each of many waits, at the price of one timer for all."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Watchdog:
    """Ends waits that take longer than ``limit`` seconds; an async context, for one task at a time.

    ``asyncio.timeout`` sets and clears a timer for every wait: a sixth of what reading a chunk costs.
    This one looks, when its timer fires, how long the present wait has taken, and sets it anew.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[Any] | None = None
        self._since = 0.0
        self._has_bitten = False

    async def __aenter__(self) -> Self:
        self._timer = self._loop.call_later(self._limit, self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Return what ``awaitable`` brings.

        Raises:
            TimeoutError: It took too long, and was cancelled.
        """
        task = asyncio.current_task(self._loop)
        if task is None:
            raise RuntimeError("only a task can wait")
        cancelling = task.cancelling()
        self._since, self._waiting = self._loop.time(), task
        try:
            return await awaitable
        except asyncio.CancelledError:
            # As in asyncio.timeout: if somebody else cancels the task as well, that counts.
            if self._has_bitten and task.uncancel() <= cancelling:
                raise TimeoutError from None
            raise
        finally:
            self._waiting = None

    def _look(self) -> None:
        if self._waiting is None:
            self._timer = self._loop.call_later(self._limit, self._look)
        elif self._loop.time() < self._since + self._limit:
            self._timer = self._loop.call_at(self._since + self._limit, self._look)
        else:
            self._has_bitten = True
            self._waiting.cancel()
