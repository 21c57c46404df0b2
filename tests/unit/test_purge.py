"""When a purge does what: all of it once an hour, with pauses, and again after the database was away."""

import asyncio
from dataclasses import dataclass, field

import pytest

from proxy_app.conversations.purging import DAY, Purge
from proxy_app.errors import UnavailableError

NOW = 1_700_000_000_000


@dataclass(slots=True)
class Heap:
    """A ``Trash`` with so many steps to do for each kind of work."""

    steps: dict[str, int]
    away: bool = False
    asked: list[tuple[str, int | None, float]] = field(default_factory=list)
    """What was asked for, with its moment, and when."""

    async def forget_stops(self, before: int, /) -> bool:
        return self._step("forget_stops", before)

    async def disown(self, before: int, /) -> bool:
        return self._step("disown", before)

    async def remove(self) -> bool:
        return self._step("remove", None)

    def _step(self, name: str, before: int | None) -> bool:
        self.asked.append((name, before, asyncio.get_running_loop().time()))
        if self.away:
            raise UnavailableError("The database is away.")
        self.steps[name] = self.steps.get(name, 0) - 1
        return self.steps[name] > 0


def purge(heap: Heap, retention: float | None = 30) -> Purge:
    return Purge(heap, clock=lambda: NOW, retention=retention)


async def test_it_takes_steps_with_pauses_until_nothing_is_left() -> None:
    heap = Heap({"forget_stops": 1, "disown": 2, "remove": 3})
    await purge(heap).sweep()

    stops, deleted = NOW - 3_600_000, NOW - 30 * DAY
    assert [asked[:2] for asked in heap.asked] == [
        ("forget_stops", stops),
        ("disown", deleted),
        ("disown", deleted),
        ("remove", None),
        ("remove", None),
        ("remove", None),
    ]
    assert [asked[2] for asked in heap.asked] == pytest.approx([0, 0, 0.05, 0.05, 0.1, 0.15])


async def test_what_is_nobodys_is_removed_even_if_nothing_more_is_disowned() -> None:
    heap = Heap({})
    await purge(heap, retention=None).sweep()

    assert [name for name, _, _ in heap.asked] == ["forget_stops", "remove"]


async def test_it_sweeps_once_an_hour_whether_or_not_the_database_is_there() -> None:
    heap = Heap({}, away=True)
    task = asyncio.create_task(purge(heap).run())
    await asyncio.sleep(3000)
    heap.away = False
    await asyncio.sleep(6000)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [(name, at) for name, _, at in heap.asked] == [
        ("forget_stops", 0),
        *((name, hours * 3600) for hours in (1, 2) for name in ("forget_stops", "disown", "remove")),
    ]
