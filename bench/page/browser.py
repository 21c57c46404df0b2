"""A tab, and what Chromium's own instruments say of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, CDPSession, Page, Response, async_playwright

from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.stack import Stack

from .trace import CATEGORIES, Trace

VIEWPORT = {"width": 1180, "height": 760}
_LAST = "document.querySelector('[role=log] article:last-of-type')?.textContent ?? ''"


@dataclass(frozen=True, slots=True)
class Used:
    """What a page has used since it began."""

    busy: float
    """Seconds of CPU that its main thread has used."""
    scripts: float
    """Those of them in scripts."""
    heap: float
    """Bytes of JavaScript's heap that are in use."""
    nodes: int
    listeners: int


@dataclass(frozen=True, slots=True)
class Tab:
    """The page in a browser that was never here."""

    page: Page
    cdp: CDPSession

    async def used(self, *, swept: bool = False) -> Used:
        """Return what was used so far; ``swept``: after the garbage was collected."""
        if swept:
            for _ in range(2):  # What the first sweep lets go may hold more.
                await self.cdp.send("HeapProfiler.collectGarbage")
        told = {
            each["name"]: each["value"] for each in (await self.cdp.send("Performance.getMetrics"))["metrics"]
        }
        return Used(
            busy=told["TaskDuration"],
            scripts=told["ScriptDuration"],
            heap=told["JSHeapUsedSize"],
            nodes=int(told["Nodes"]),
            listeners=int(told["JSEventListeners"]),
        )

    async def send(self, text: str) -> None:
        """Write a prompt, and press Enter."""
        field = self.page.get_by_label("Message", exact=True)
        await field.fill(text)
        await field.press("Enter")

    async def shows(self, mark: str, limit: float) -> None:
        """Wait until the last message has that in its last thousand characters."""
        look = f"({_LAST}).slice(-1000).includes({mark!r})"

        async def there() -> bool:
            return bool(await self.page.evaluate(look))

        await until(there, limit, f"“{mark}” in the last message")

    async def ended(self) -> None:
        """Wait until all answers have ended and the page has nothing left to do."""
        await self.page.locator("article[aria-busy=true]").wait_for(state="detached")
        await self.idle()

    async def idle(self) -> None:
        """Wait until the page has nothing to do for a moment."""
        await self.page.evaluate("new Promise((done) => requestIdleCallback(done, { timeout: 5000 }))")

    @asynccontextmanager
    async def traced(self) -> AsyncIterator[Trace]:
        """Record what the main thread does while the block lasts."""
        trace = Trace()
        browser = self.page.context.browser
        assert browser is not None
        await browser.start_tracing(page=self.page, categories=list(CATEGORIES))
        yield trace
        trace.read(await browser.stop_tracing())


async def until(condition: Callable[[], Awaitable[bool]], limit: float, what: str) -> None:
    """Look again and again, for at most ``limit`` seconds.

    Raises:
        TimeoutError: It did not happen.
    """
    deadline = time.monotonic() + limit
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {limit:g} s in vain for {what}")
        await asyncio.sleep(0.05)


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start Chromium, and end it with the block.

    Raises:
        RuntimeError: There is none here.
    """
    path = find_chromium()
    if path is None:
        raise RuntimeError(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def open_tab(
    browser: Browser,
    stack: Stack,
    *,
    token: str | None = None,
    watch: Callable[[Response], None] | None = None,
) -> AsyncIterator[Tab]:
    """Open the page as somebody new, or as the guest of a token; ``watch`` hears of what is fetched."""
    context = await browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    try:
        if token is not None:
            await context.add_init_script(f"localStorage.setItem('onesocket:token', {token!r})")
        page = await context.new_page()
        if watch is not None:
            page.on("response", watch)
        cdp = await context.new_cdp_session(page)
        # Ticks of the thread's own CPU: what others do on the same cores meanwhile is nothing of the page's.
        await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        await page.goto(stack.page_url)
        await page.get_by_label("Message", exact=True).wait_for()
        yield Tab(page, cdp)
    finally:
        await context.close()
