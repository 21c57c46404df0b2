"""``make faults RUNS=1000 SEED=…``: break the product as often as wanted, and say what came of it."""

import argparse
import asyncio
import sys
import time
from contextlib import AbstractAsyncContextManager

from proxy_app.launcher.scale_programs import missing_programs

from .pages import Pages
from .plan import FAULTS, faults_of, plan, plans
from .report import runs, table
from .result import Result
from .rounds import play
from .scene import Size
from .world import World, open_large, open_small

PEOPLE = 16
"""How many ask in each round."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="runs that have to live through a fault")
    parser.add_argument("--seed", default="", help="decides everything; by default a new one")
    parser.add_argument("--people", type=int, default=PEOPLE, help="runs in each round")
    parser.add_argument("--only", default="", help="only faults whose names contain this")
    parser.add_argument("--world", choices=("small", "large", "both"), default="both")
    parser.add_argument("--round", action="store_true", help="the seed is that of one round: repeat it")
    return parser.parse_args()


async def faulted(arguments: argparse.Namespace, seed: str) -> list[Result]:
    """Play all rounds, half of them in each world there is, and tell of each."""
    sizes = _sizes(arguments.world)
    results: list[Result] = []
    async with Pages.open() as pages:
        for size in sizes:
            wanted = [fault for fault in faults_of(size) if arguments.only in fault.name]
            faults = [fault for fault in wanted if not fault.lacks]
            for fault in wanted:
                if fault.lacks:
                    print(f"NOT TESTED: {fault.name}, because there is no {fault.lacks} here")
            if not faults:
                continue
            async with _open(size) as world:
                for each in plans(f"{seed}/{size}", faults, arguments.people, arguments.runs // len(sizes)):
                    results.append(await play(world, pages, each))
                    tell(results[-1], runs(results))
    return results


async def repeated(arguments: argparse.Namespace, seed: str) -> list[Result]:
    """Play one round again."""
    (fault,) = [fault for fault in FAULTS if arguments.only == fault.name]
    size: Size = "large" if "/large/" in seed else "small"
    async with Pages.open() as pages, _open(size) as world:
        result = await play(world, pages, plan(seed, fault, arguments.people))
    tell(result, runs([result]))
    return [result]


def tell(result: Result, total: int) -> None:
    """Print a line for a round, and all of it if it went wrong."""
    told = ", ".join(f"{number} {status}" for status, number in result.statuses.items())
    verdict = "FAILED" if result.problems else "ok"
    print(
        f"{total:5} {verdict:6} {result.plan.fault.name}: {told}, slowest {result.slowest:.1f} s", flush=True
    )
    if result.problems:
        print(result, flush=True)
        print(f"    again: {command(result)}", flush=True)


def command(result: Result) -> str:
    """Return the command that repeats a round."""
    people = len(result.plan.prompts)
    name = result.plan.fault.name
    return f"python -m tests.faults --round --people={people} --seed='{result.plan.seed}' --only='{name}'"


def _sizes(wanted: str) -> list[Size]:
    if wanted == "small" or (missing_programs() and wanted == "both"):
        if missing_programs() and wanted == "both":
            print(f"NOT TESTED: the cluster, because there is no {', '.join(missing_programs())} here")
        return ["small"]
    return ["large"] if wanted == "large" else ["small", "large"]


def _open(size: Size) -> AbstractAsyncContextManager[World]:
    return open_small() if size == "small" else open_large()


def main() -> int:
    """Run the command line and return its exit code."""
    arguments = _arguments()
    seed = arguments.seed or str(int(time.time()))
    print(f"Seed {seed}", flush=True)
    began = time.monotonic()
    results = asyncio.run((repeated if arguments.round else faulted)(arguments, seed))
    failed = [result for result in results if result.problems]
    minutes = (time.monotonic() - began) / 60
    print(f"\n{table(results)}\n")
    print(f"{runs(results)} runs in {len(results)} rounds, {minutes:.1f} minutes, seed {seed}.")
    print(f"{len(failed)} rounds failed." if failed else "Nothing was lost.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
