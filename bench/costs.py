"""(c) and (d): what a token costs in CPU and a run in memory, with one run or a thousand."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import stamps
from .figures import median, spread
from .loads import Load, Result, put
from .programs import resident
from .rig import Rig
from .subjects import Service
from .tables import say, table


@dataclass(frozen=True, slots=True)
class Trial:
    """Loads whose prices are compared, and how long each is looked at."""

    loads: Sequence[Load]
    repetitions: int
    warm_up: float
    window: float


async def compare(rig: Rig, trial: Trial) -> None:
    """Measure and print; the service must be fresh, or there is no growth to see."""
    service = Service(rig)
    # What is loaded or made once is not the price of a run.
    await put(rig, service, Load(1, 50), warm_up=0.5, window=0.5)
    before = resident(service.pid)
    results: dict[Load, list[Result]] = {load: [] for load in trial.loads}
    largest = max(trial.loads, key=lambda load: load.streams)
    for _ in range(trial.repetitions):
        # The largest comes first: memory that was held once is not given back at once.
        for load in sorted(trial.loads, key=lambda load: -load.streams):
            results[load].append(await put(rig, service, load, warm_up=trial.warm_up, window=trial.window))
    say("(c) CPU of the service's process per token.")
    _print_costs(results)
    say("(d) Memory of the service's process.")
    _print_memory(before, results[largest][0])


def _print_costs(results: dict[Load, list[Result]]) -> None:
    last = max(results, key=lambda load: load.streams)
    reference = median([result.microseconds for result in results[last]])
    rows = []
    for load, those in results.items():
        price = [result.microseconds for result in those]
        rows.append(
            (
                f"{load.streams:,}",
                f"{load.rate:g}",
                spread([result.rate for result in those]),
                f"{those[0].publications / max(those[0].all_tokens, 1):.2f}",
                spread([result.cores for result in those], 3),
                spread(price),
                f"{median(price) / reference - 1:+.0%}",
                spread([result.delay(0.99) for result in those], 1),
            )
        )
    table(
        (
            "runs",
            "tokens/s each",
            "tokens/s",
            "publications/token",
            "cores",
            "CPU per token, µs",
            f"against {last}",
            "p99 ms",
        ),
        rows,
    )


def _print_memory(before: int, result: Result) -> None:
    silent, flowing = result.memory
    runs = result.load.streams
    text = result.all_tokens * stamps.WIDTH
    rows = [
        ("no run", f"{before / 1024**2:.1f}", "", ""),
        (f"{runs:,} runs, silent", f"{silent / 1024**2:.1f}", "0", f"{(silent - before) / runs / 1024:.1f}"),
        (
            f"{runs:,} runs, at the window's end",
            f"{flowing / 1024**2:.1f}",
            f"{text / runs / 1024:.1f}",
            f"{(flowing - before - text) / runs / 1024:.1f}",
        ),
    ]
    table(("", "resident, MB", "text per run, KB", "growth per run beside the text, KB"), rows)
