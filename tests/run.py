"""Runs every check and every test, whatever fails, and sums up: what ``make test`` calls."""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from tests.preparation import prepare
from tests.stack import available_servers, missing_servers
from tests.suites import RESULTS, Outcome, Status, Suite, counts, suites

LONGEST_SUITE = 1200.0
"""Seconds after which a suite is ended and counts as failed."""


def main() -> int:
    """Prepare, run all suites and print the table; the exit code is 0 if none failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["checks"], help="leave the tests out")
    parser.add_argument("--centrifugo", choices=["container"], help="test with the official container, too")
    arguments = parser.parse_args()
    if arguments.centrifugo:
        os.environ["CENTRIFUGO"] = arguments.centrifugo
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir()
    heading("preparing")
    prepared = asyncio.run(prepare(build=arguments.only is None))
    wanted = [suite for suite in suites(prepared.npm) if suite.is_check or arguments.only is None]
    outcomes = [prepared.outcome, *(run(suite, prepared.environment) for suite in wanted)]
    heading("summary")
    if arguments.only is None:
        list_servers()
    return summarize(outcomes)


def run(suite: Suite, environment: Mapping[str, str]) -> Outcome:
    """Run one suite; what it prints is shown as it comes."""
    heading(suite.name)
    if suite.left_out:
        print(f"left out: {suite.left_out}", flush=True)
        return Outcome(suite.name, "skipped", 0, suite.left_out)
    began = time.monotonic()
    for command in suite.commands:
        print("$ " + " ".join(map(str, command)), flush=True)
        process = subprocess.Popen(
            command, cwd=suite.folder, env=environment, stdin=subprocess.DEVNULL, process_group=0
        )
        try:
            code = process.wait(LONGEST_SUITE)
            told = f"exit code {code}"
        except subprocess.TimeoutExpired:
            code, told = 1, f"ended after {LONGEST_SUITE:.0f} s"
        finally:
            # A suite that was cut short, or that cleaned up badly, leaves nothing running.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if code != 0:
            break
    told = counts(suite) or ("" if code == 0 else told)
    return Outcome(suite.name, "passed" if code == 0 else "failed", time.monotonic() - began, told)


def list_servers() -> None:
    """Print which Centrifugo servers took part, and why others did not."""
    for server in available_servers():
        print(f"Centrifugo, {server.kind}: used")
    for kind, reason in missing_servers().items():
        print(f"Centrifugo, {kind}: left out, because {reason}")
    print()


def summarize(outcomes: list[Outcome]) -> int:
    """Print what became of everything; return the exit code."""
    width = max(len(outcome.name) for outcome in outcomes)
    for outcome in outcomes:
        line = f"{outcome.name:<{width}}  {outcome.status:<7}  {outcome.seconds:6.1f} s  {outcome.told}"
        print(line.rstrip())
    numbers: dict[Status, int] = {"passed": 0, "failed": 0, "skipped": 0}
    for outcome in outcomes:
        numbers[outcome.status] += 1
    print("\n" + ", ".join(f"{number} {status}" for status, number in numbers.items()), flush=True)
    return 1 if numbers["failed"] else 0


def heading(text: str) -> None:
    """Print a line that is easily found."""
    print(f"\n===== {text} " + "=" * (90 - len(text)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
