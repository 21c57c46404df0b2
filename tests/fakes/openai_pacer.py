"""Many streams at one rate for the price of few timers."""

import asyncio
from collections.abc import Callable

_SLOTS = 20


class Pacer:
    """Ticks its members ``rate`` times per second, each in one of 20 slots so that they do not burst."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / (rate * _SLOTS)
        self._slots: list[dict[asyncio.Future[None], Callable[[], bool]]] = [{} for _ in range(_SLOTS)]
        self._timer: asyncio.TimerHandle | None = None
        self._turn = 0
        self._due = 0.0

    async def run(self, tick: Callable[[], bool]) -> None:
        """Call ``tick`` at the rate until it returns ``False``."""
        loop = asyncio.get_running_loop()
        slot = min(self._slots, key=len)
        done: asyncio.Future[None] = loop.create_future()
        slot[done] = tick
        if self._timer is None:
            self._due = loop.time()
            self._timer = loop.call_at(self._due, self._fire)
        try:
            await done
        finally:
            slot.pop(done, None)

    def _fire(self) -> None:
        slot = self._slots[self._turn]
        for done, tick in list(slot.items()):
            try:
                if tick():
                    continue
            except ConnectionError as exc:  # One client has gone; the others are still there.
                if not done.done():
                    done.set_exception(exc)
            del slot[done]
            if not done.done():
                done.set_result(None)
        self._turn = (self._turn + 1) % _SLOTS
        if not any(self._slots):
            self._timer = None
            return
        self._due += self._interval  # From the plan, not from now: who is late catches up.
        self._timer = asyncio.get_running_loop().call_at(self._due, self._fire)
