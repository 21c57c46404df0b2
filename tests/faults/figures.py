"""What a soak looks at, and what it takes for a leak."""

import asyncio
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, fields

import psutil  # type: ignore[import-untyped]

from .world import World, child

MEGABYTE = 1024**2
MOST_GROWTH = 1.0
"""Megabytes that the service may grow by in an hour, after the warm-up."""
RESOLUTION = 0.5
"""Megabytes below which a growth can't be told from chance: allocators take memory in steps."""
SETTLING = 15.0
"""Seconds after which nothing may be left of those who have gone."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One look; memory in megabytes."""

    seconds: float
    service_resident: float
    """All that the system gave it."""
    service_memory: float
    """The same without what is free in its heap, which is used again before more is asked for."""
    service_tasks: int
    service_files: int
    service_sockets: int
    service_threads: int
    centrifugo_memory: float
    centrifugo_files: int
    upstream_streams: int
    running_runs: int
    run_text_rows: int
    owed_ends: int

    @classmethod
    def names(cls) -> list[str]:
        """Return what there is but the time."""
        return [field.name for field in fields(cls)][1:]


async def look(world: World, seconds: float, *, settled: bool = False) -> Figures:
    """Take the figures; if it has to be ``settled``, when nothing is under way any more or time is up."""
    for _ in range(int(SETTLING / 0.5) if settled else 0):
        left = await world.database.owed() + len(await world.database.running()) + world.openai.open_streams
        if not left:
            break
        await asyncio.sleep(0.5)
    service = psutil.Process(child(world.services[0].process).pid)
    centrifugo = psutil.Process(child(world.centrifugos[0].process).pid)
    rows = await world.database.rows()
    assert world.probe is not None
    inside = json.loads(world.probe.read_text())
    resident = service.memory_info().rss
    return Figures(
        seconds=seconds,
        service_resident=round(resident / MEGABYTE, 2),
        service_memory=round((resident - inside["free"]) / MEGABYTE, 2),
        service_tasks=inside["tasks"],
        service_files=service.num_fds(),
        service_sockets=len(service.net_connections()),
        service_threads=service.num_threads(),
        centrifugo_memory=round(centrifugo.memory_info().rss / MEGABYTE, 2),
        centrifugo_files=centrifugo.num_fds(),
        upstream_streams=world.openai.open_streams,
        running_runs=len(await world.database.running()),
        run_text_rows=rows["run_texts"],
        owed_ends=await world.database.owed(),
    )


def judge(figures: Sequence[Figures], rest: Figures, *, warm_up: float) -> list[str]:
    """Say what leaks: what grew after the warm-up, and what is left when everybody has gone."""
    counted = [each for each in figures if each.seconds >= warm_up]
    if len(counted) < 4:
        return ["It was too short to tell anything."]
    quarter = max(1, len(counted) // 4)
    early, late = counted[:quarter], counted[-quarter:]
    hours = (_middle(late, "seconds") - _middle(early, "seconds")) / 3600
    resident = _middle(late, "service_resident") - _middle(early, "service_resident")
    # What is garbage until the next collection comes and goes; what leaks is in the least, too.
    growth = min(_all(late, "service_memory")) - min(_all(early, "service_memory"))
    print(f"\nIn {hours * 60:.1f} minutes after the warm-up, of the service's memory:")
    for name, more in (("resident", resident), ("in use, at the least", growth)):
        print(f"- {name}: {more:+.2f} MB, {more / hours:+.1f} MB/h")
    problems = []
    if growth > max(MOST_GROWTH * hours, RESOLUTION):
        problems.append(f"The service grew by {growth:.2f} MB in {hours * 60:.1f} minutes.")
    for name in ("service_tasks", "service_files", "service_sockets", "service_threads", "centrifugo_files"):
        more = min(_all(late, name)) - max(_all(early, name))
        problems += [f"The {name.replace('_', ' ')} grew by {more:g}."] if more > 0 else []
    for name in ("upstream_streams", "running_runs", "run_text_rows", "owed_ends"):
        number = getattr(rest, name)
        problems += [f"In the end there were {number} {name.replace('_', ' ')} left."] if number else []
    return problems


def _all(figures: Sequence[Figures], name: str) -> list[float]:
    return [float(getattr(each, name)) for each in figures]


def _middle(figures: Sequence[Figures], name: str) -> float:
    return statistics.median(_all(figures, name))
