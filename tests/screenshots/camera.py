"""Takes pictures of tabs: small ones, the same every time as far as a browser allows."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, ViewportSize

from tests.browser.chat_page import ChatPage, Record
from tests.stack import Stack

Scheme = Literal["light", "dark"]
QUALITY = 88
"""Of WebP, of 100: letters stay sharp."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a person looks at."""

    viewport: ViewportSize
    touch: bool = False


DESKTOP = Device({"width": 1180, "height": 760})
PHONE = Device({"width": 390, "height": 780}, touch=True)


@dataclass(frozen=True, slots=True)
class Camera:
    """Opens tabs of the product, and keeps pictures of them in a folder."""

    browser: Browser
    stack: Stack
    folder: Path

    @asynccontextmanager
    async def tab(
        self, token: str | None = None, *, device: Device = DESKTOP, scheme: Scheme = "light"
    ) -> AsyncIterator[ChatPage]:
        """Open a tab on a device, as somebody new or as the guest of a token."""
        context = await self.browser.new_context(
            viewport=device.viewport,
            has_touch=device.touch,
            is_mobile=device.touch,
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        try:
            if token is not None:
                await context.add_init_script(f"localStorage.setItem('onesocket:token', {token!r})")
            tab = ChatPage(await context.new_page(), Record())
            await tab.open(self.stack.page_url)
            await tab.page.get_by_text("Small").first.wait_for()
            yield tab
        finally:
            await context.close()

    async def take(self, tab: ChatPage, name: str) -> None:
        """Keep a picture of what is shown now, once it has come to rest."""
        await tab.page.evaluate("document.fonts.ready")
        await tab.page.evaluate("new Promise((done) => requestIdleCallback(done, { timeout: 3000 }))")
        # What moves (a dot that breathes, a caret) would be another picture every time.
        still = "*, ::before, ::after { animation: none !important; caret-color: transparent !important; }"
        await tab.page.evaluate(
            """(still) => {
                const sheet = new CSSStyleSheet();
                sheet.replaceSync(still);
                document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
                return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            }""",
            still,
        )
        session = await tab.page.context.new_cdp_session(tab.page)
        taken = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        (self.folder / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))
        await session.detach()
