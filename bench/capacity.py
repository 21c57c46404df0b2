"""(b) How much one process carries per core, beside the ways of the tutorials."""

from collections.abc import Sequence
from dataclasses import dataclass

from .figures import median, spread
from .loads import Load, Result, put
from .rig import Rig
from .subjects import Service, Subject, tutorial
from .tables import say, table

STREAM = 50.0
"""Tokens per second of the stream that capacity is counted in."""
LONGEST = 250.0
"""Milliseconds that 99 of 100 tokens may take."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which loads are tried, and how often the highest that held is measured."""

    loads: Sequence[Load]
    repetitions: int
    warm_up: float
    window: float


@dataclass(frozen=True, slots=True)
class Searches:
    """What is tried on each."""

    service: Search
    tuned: Search
    plain: Search


async def compare(rig: Rig, searches: Searches) -> None:
    """Measure and print."""
    held = {}
    steps: list[Result] = []
    service = Service(rig)
    held[service.name] = await _climb(rig, service, searches.service, steps)
    async with tutorial(rig, "tuned", "tuned tutorial") as tuned:
        held[tuned.name] = await _climb(rig, tuned, searches.tuned, [])
    async with tutorial(rig, "plain", "tutorial") as plain:
        held[plain.name] = await _climb(rig, plain, searches.plain, [])
    say(f"(b) Streams of {STREAM:g} tokens/s, p99 of upstream to client ≤ {LONGEST:g} ms.")
    _print_steps(steps)
    _print_capacities(held)


def holds(result: Result) -> bool:
    """Say whether the subject, and everything around it, kept up with the load."""
    load = result.load
    # One token of each stream may lie just outside the window.
    offered = 0.97 * load.streams * load.rate * result.seconds - load.streams
    return result.complete and result.delay(0.99) <= LONGEST and result.tokens >= offered


async def _climb(rig: Rig, subject: Subject, search: Search, steps: list[Result]) -> list[Result]:
    """Raise the load until it is too much; return measurements of the highest that was not."""
    held: list[Result] = []
    for load in search.loads:
        result = await put(rig, subject, load, warm_up=search.warm_up, window=search.window)
        steps.append(result)
        if not holds(result):
            break
        held = [result]
    while 0 < len(held) < search.repetitions:
        held.append(await put(rig, subject, held[0].load, warm_up=search.warm_up, window=search.window))
    return held


def per_core(result: Result) -> float:
    """Return the streams that one core of the subject's carries, at the price that it had."""
    return result.rate / STREAM / result.cores


def _print_steps(steps: Sequence[Result]) -> None:
    head = (
        "load",
        "tokens/s",
        "p50 ms",
        "p99 ms",
        "tokens/publication",
        "cores: service",
        "Centrifugo",
        "upstream",
        "clients",
        "held",
    )
    table(
        head,
        [
            (
                result.load,
                f"{result.rate:,.0f}",
                f"{result.delay(0.5):.1f}",
                f"{result.delay(0.99):.1f}",
                f"{result.all_tokens / max(result.publications, 1):.1f}",
                f"{result.cores:.2f}",
                *(f"{cores:.2f}" for cores in result.machine.values()),
                "yes" if holds(result) else "no",
            )
            for result in steps
        ],
    )


def _print_capacities(held: dict[str, list[Result]]) -> None:
    rows: list[Sequence[str]] = []
    ours = [per_core(result) for result in next(iter(held.values()))]
    for name, results in held.items():
        if not results:
            rows.append((name, "none held", *[""] * 6))
            continue
        theirs = [per_core(result) for result in results]
        rows.append(
            (
                name,
                str(results[0].load),
                spread([result.rate / STREAM for result in results], 1),
                spread([result.delay(0.99) for result in results], 1),
                spread([result.cores for result in results], 2),
                spread([result.microseconds for result in results]),
                spread(theirs, 1),
                f"{median(ours) / median(theirs):,.1f}" if ours else "",
            )
        )
    head = (
        "",
        "highest load held",
        "streams",
        "p99 ms",
        "cores used",
        "CPU per token, µs",
        "streams per core",
        "service ÷ it",
    )
    table(head, rows)
