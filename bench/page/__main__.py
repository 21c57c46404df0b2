"""``make bench-page``, or ``python -m bench.page [--quick] [--only=load,streaming,conversation,memory]``."""

import argparse
import asyncio
import sys
import time
from collections.abc import Collection

from tests.browser.conftest import PAGE
from tests.stack import available_servers, open_stack

from ..machine import busy, centrifugo, machine
from ..tables import say
from . import first_load, long_conversation, memory, streaming
from .browser import open_browser
from .goals import Goal, compare
from .plans import FULL, QUICK, Plan

_PARTS = ("load", "streaming", "conversation", "memory")
_SETTINGS = {"CHAT_PROMPTS_PER_MINUTE": "off"}


async def _measure(plan: Plan, parts: Collection[str]) -> list[Goal]:
    server = [server for server in available_servers() if server.kind != "container"][-1]
    goals: list[Goal] = []
    async with open_stack(server, page=PAGE, **_SETTINGS) as stack, open_browser() as browser:
        say(f"{await centrifugo(stack)}, Chromium {browser.version}\n")
        if "load" in parts:
            goals += await first_load.measure(browser, stack)
        if "streaming" in parts:
            goals += await streaming.measure(browser, stack, plan.streams)
        if "conversation" in parts:
            goals += await long_conversation.measure(browser, stack, plan.long)
        if "memory" in parts:
            goals += await memory.measure(browser, stack, plan.memory)
    return goals


async def _main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.page", description="Measure the page on this machine."
    )
    parser.add_argument(
        "--quick", action="store_true", help="a glance, to see that it works: no figures to quote"
    )
    parser.add_argument("--only", default=",".join(_PARTS), help=f"parts to measure: {','.join(_PARTS)}")
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    if unknown := set(parts).difference(_PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if not (PAGE / "index.html").exists():
        say("The page is not built: run `npm ci && npm run build` in frontend/.")
        return 1
    began = time.monotonic()
    say(machine())
    say(f"Before anything was started, {busy():.2f} cores were busy.")
    goals = await _measure(QUICK if arguments.quick else FULL, parts)
    compare(goals)
    say(f"Measured in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
