"""An event loop whose time jumps: what would wait for seconds happens at once, in the same order.

For code that does no I/O and starts no thread; there, tests of timeouts take no time and are exact.
"""

import asyncio
import selectors


class NothingLeftError(Exception):
    """Everybody waits, and nothing will ever happen: on a real loop, the test would hang."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Jump to the next timer whenever there is nothing to do; time begins at 0."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the seconds that have passed on the clocks of this loop."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise NothingLeftError("everybody waits for something that will not happen")
        self._loop.jump(timeout)
        return []
