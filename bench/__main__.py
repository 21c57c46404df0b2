"""``make bench``, or ``python -m bench [--quick] [--only=latency,capacity,costs]``."""

import argparse
import asyncio
import time
from collections.abc import Collection

from tests.stack import Server, available_servers

from . import capacity, costs, latency
from .check import check
from .machine import busy, centrifugo, machine
from .plans import FULL, OTHER, QUICK, Plan
from .rig import open_rig
from .tables import say

_PARTS = ("latency", "costs", "capacity")


async def _measure(server: Server, plan: Plan, parts: Collection[str]) -> None:
    async with open_rig(server) as rig:
        say(f"\n## {await centrifugo(rig.stack)}\n")
        await check(rig)
        if plan.costs is not None and "costs" in parts:
            await costs.compare(rig, plan.costs)
        if "latency" in parts:
            await latency.compare(rig, plan.latency)
        if "capacity" in parts:
            await capacity.compare(rig, plan.capacity)


async def _main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the service on this machine."
    )
    parser.add_argument(
        "--quick", action="store_true", help="a glance, to see that it works: no figures to quote"
    )
    parser.add_argument("--only", default=",".join(_PARTS), help=f"parts to measure: {','.join(_PARTS)}")
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    if unknown := set(parts).difference(_PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    began = time.monotonic()
    say(machine())
    say(f"Before anything was started, {busy():.2f} cores were busy.")
    servers = [server for server in available_servers() if server.kind != "container"]
    for number, server in enumerate(servers[:1] if arguments.quick else servers):
        await _measure(server, QUICK if arguments.quick else OTHER if number else FULL, parts)
    say(f"Measured in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    asyncio.run(_main())
