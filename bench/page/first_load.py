"""What a browser fetches before the page can be used, and what it fetches later."""

import gzip
from collections.abc import Sequence

from playwright.async_api import Browser, Response

from tests.fakes.openai_steps import answer
from tests.stack import Stack

from ..tables import say, table
from .browser import Tab, open_tab
from .goals import Goal
from .markdown import tokens

_GZIP = 1
"""The level that nginx has by default, which is the one that we ship."""
_LIMIT = 120.0


class Fetched:
    """Everything that a page asked for, from its navigation on."""

    def __init__(self) -> None:
        self._responses: list[Response] = []

    def note(self, response: Response) -> None:
        """Take down a response."""
        self._responses.append(response)

    async def kilobytes(self) -> dict[str, float]:
        """Return how much there is of each kind, compressed, in units of 1,000 bytes."""
        sizes: dict[str, float] = {}
        for response in self._responses:
            kind = (await response.all_headers()).get("content-type", "?").partition(";")[0]
            size = len(gzip.compress(await response.body(), _GZIP)) / 1000
            sizes[kind] = sizes.get(kind, 0) + size
        return sizes


async def measure(browser: Browser, stack: Stack) -> Sequence[Goal]:
    """Load the page as somebody new, then let it show everything that it can show."""
    fetched = Fetched()
    async with open_tab(browser, stack, watch=fetched.note) as tab:
        await _settle(tab)
        first = await fetched.kilobytes()
        text = "".join(tokens(2000))
        stack.openai.scripts.append(answer(text + "\n\nthe end"))
        await tab.send("Everything, please")
        await tab.shows("the end", limit=20)
        await _settle(tab)
        later = await fetched.kilobytes()
    say("First load: what is requested, gzip -1 as nginx does it, in KB.")
    kinds = sorted(later)
    table(
        ["", *kinds],
        [
            ["until a prompt can be written", *(f"{first.get(kind, 0):.1f}" for kind in kinds)],
            ["after an answer with code, tables and math", *(f"{later[kind]:.1f}" for kind in kinds)],
        ],
    )
    return [Goal("first load, JavaScript", _LIMIT, "KB gz", [first["text/javascript"]], 1)]


async def _settle(tab: Tab) -> None:
    """Wait until nothing is being fetched any more: half a second of silence."""
    await tab.ended()
    await tab.page.wait_for_load_state("networkidle")
