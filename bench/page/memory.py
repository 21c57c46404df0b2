"""What a very long answer leaves in memory beside its text."""

from collections.abc import Sequence

from playwright.async_api import Browser

from tests.stack import Stack

from ..figures import spread
from ..tables import say, table
from .browser import Used, open_tab
from .goals import Goal
from .markdown import tokens
from .streaming import QUARTERS, Quarters, Stream

_LIMIT = 1.0
"""Megabytes that the heap may grow beside the text once the first quarter is there.

That quarter brings what is fetched when it is needed: what highlights code, and what draws formulas.
"""


async def measure(browser: Browser, stack: Stack, stream: Stream) -> Sequence[Goal]:
    """Stream a very long answer; look at the heap, swept, at each quarter, and after the end."""
    walks = [await _once(browser, stack, stream) for _ in range(stream.repetitions)]
    length = sum(map(len, tokens(stream.tokens)))
    say(f"Memory: an answer of {stream.name}, {length:,} characters; the heap of JavaScript after a sweep.")
    rows = []
    for at, used in enumerate(zip(*walks, strict=True)):
        text = length * min(at, QUARTERS) / QUARTERS
        beside = [(one.heap - walk[0].heap - text) / 1e6 for one, walk in zip(used, walks, strict=True)]
        rows.append(
            [
                "ended" if at > QUARTERS else f"{stream.tokens * at // QUARTERS:,} tokens",
                spread([one.heap / 1e6 for one in used], 2),
                f"{text / 1e6:.2f}",
                spread(beside, 2),
                spread([one.nodes for one in used]),
                spread([one.listeners for one in used]),
            ]
        )
    table(["", "heap, MB", "text, MB", "growth beside the text, MB", "nodes", "listeners"], rows)
    late = length * (QUARTERS - 1) / QUARTERS
    growth = [(walk[-1].heap - walk[1].heap - late) / 1e6 for walk in walks]
    what = f"{stream.tokens:,} tokens: heap beside the text, first quarter to end"
    return [Goal(what, _LIMIT, "MB", growth, 2)]


async def _once(browser: Browser, stack: Stack, stream: Stream) -> list[Used]:
    quarters = Quarters(stream)
    async with open_tab(browser, stack) as tab:
        stack.openai.scripts.append(quarters.script())
        await tab.send(f"A very long answer, {stream.name}")
        await tab.page.get_by_role("button", name="Stop").wait_for()
        used = await quarters.walk(tab, swept=True)
        await tab.ended()
        return [*used, await tab.used(swept=True)]
