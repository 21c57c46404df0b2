"""Two devices of the same person, one truth: what happens on one is on the other within 200 ms."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.fakes.openai_steps import DONE, Finish, Stall, Text, Wait, answer
from tests.stack import Stack

from .chat_page import NOTE_VIOLATIONS, ChatPage
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROMISED = 0.2
"""Seconds within which the other device shows what happened."""

WATCH = """([selector, wanted]) => new Promise((resolve) => {
    const there = () => {
        const found = [...document.querySelectorAll(selector)].map((each) => each.textContent);
        if (!(wanted === null ? found.length === 0 : found.some((text) => text.includes(wanted)))) return;
        observer.disconnect();
        resolve(Date.now());
    };
    const observer = new MutationObserver(there);
    observer.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
    there();
})"""
"""Tells the time at which elements that match a selector say something, or, for ``null``, are gone."""


@dataclass(eq=False)
class Devices:
    """Two browsers of one person, and how long things took from the one to the other."""

    here: ChatPage
    there: ChatPage
    took: list[float] = field(default_factory=list)

    async def see(self, selector: str, wanted: str | None, act: Callable[[], Awaitable[object]]) -> None:
        """Do something here, and measure from when it shows here to when it shows there."""
        watches = [
            asyncio.create_task(tab.page.evaluate(WATCH, [selector, wanted]))
            for tab in (self.here, self.there)
        ]
        # Both have to be watching before anything happens.
        await asyncio.gather(*(tab.page.evaluate("1") for tab in (self.here, self.there)))
        begun = time.time() * 1000
        await act()
        here, there = await asyncio.wait_for(asyncio.gather(*watches), 5)
        self.took.append((there - max(here, begun)) / 1000)


@pytest_asyncio.fixture(loop_scope="session")
async def devices(open_page: OpenPage, chromium: Browser) -> AsyncIterator[Devices]:
    """Two browsers that share nothing but who uses them."""
    here = await open_page()
    token = await here.token()
    other = await chromium.new_context(viewport={"width": 390, "height": 780})
    await other.add_init_script(NOTE_VIOLATIONS)
    await other.add_init_script(f"localStorage.setItem('onesocket:token', '{token}')")
    yield Devices(here, await open_page(context=other))
    await other.close()


async def test_everything_is_on_the_other_device_within_200_ms(stack: Stack, devices: Devices) -> None:
    here, there, see = devices.here, devices.there, devices.see
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("Begun"), Wait(go_on), Text(", and ended."), Finish(), DONE])

    await see("nav a", "A question", lambda: here.send("A question"))
    await there.open(f"{there.page.url.partition('#')[0]}{await here.fragment()}")
    await there.page.reload()
    await expect(there.answers).to_contain_text("Begun")

    async def end() -> None:
        go_on.set()

    await see('article[aria-busy="false"]', "and ended.", end)
    stack.openai.scripts.append(answer("Another."))
    await see("article", "Another.", lambda: here.act(here.answers.first, "Answer again"))
    await here.answered()
    await see("article", "and ended.", lambda: here.act(here.answers.first, "Previous version"))
    stack.openai.scripts.append([Text("Slowly"), Stall()])
    await see("article", "Slowly", lambda: here.edit(here.prompts.first, "Put otherwise"))
    await see("article", "Put otherwise", lambda: here.page.evaluate("1"))
    await see("article", "Stopped.", here.stop.click)
    stack.openai.scripts.append(answer(", but surely."))
    await see("article", "but surely", lambda: here.act(here.answers.first, "Continue"))
    await here.answered()

    async def rename() -> None:
        await here.choose("Rename")
        await here.page.get_by_role("textbox", name="Title").fill("A title")
        await here.page.keyboard.press("Enter")

    await see("h1", "A title", rename)
    await see("article", None, lambda: here.choose("Delete"))

    assert max(devices.took) < PROMISED, devices.took
