"""Reading while an answer grows, and hearing instead of seeing."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.answers import paced, prompt
from tests.fakes.openai_steps import DONE, Finish, Text, Wait, answer
from tests.stack import Stack

from .chat_page import eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FROM_BOTTOM = """log => {
    const view = log.parentElement;
    return view.scrollHeight - view.scrollTop - view.clientHeight;
}"""


async def test_the_view_follows_at_the_bottom_and_stays_elsewhere(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    go_on = asyncio.Event()
    lines = [Text(f"line {number}\n") for number in range(60)]
    stack.openai.scripts.append([*lines, Wait(go_on), *lines, Wait(go_on), Finish(), DONE])
    await tab.send("Many lines")
    await expect(tab.answers).to_contain_text("line 59")
    log = tab.page.get_by_role("log")

    async def at_bottom() -> bool:
        return bool(await log.evaluate(FROM_BOTTOM) <= 1)

    await eventually(at_bottom, "the view to follow")
    await log.hover()
    await tab.page.mouse.wheel(0, -400)
    await expect(tab.page.get_by_role("button", name="Jump to the latest")).to_be_visible()
    before = await log.evaluate("log => log.parentElement.scrollTop")
    go_on.set()
    await tab.answered()
    assert await log.evaluate("log => log.parentElement.scrollTop") == before

    await tab.button("Jump to the latest")
    await eventually(at_bottom, "the view to jump")
    await expect(tab.page.get_by_role("button", name="Jump to the latest")).to_have_count(0)


async def test_a_selection_survives_what_comes_after_it(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("Keep this, "), Wait(go_on), Text("and go on."), Finish(), DONE])
    await tab.send("Hi")
    await expect(tab.answers).to_contain_text("Keep this")

    await tab.page.get_by_text("Keep this").evaluate(
        "block => getSelection().setBaseAndExtent(block.firstChild, 0, block.firstChild, 9)"
    )
    go_on.set()
    await tab.answered()

    assert await tab.page.evaluate("String(getSelection())") == "Keep this"


async def test_a_screen_reader_hears_boundaries_only(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("Hello"), Wait(go_on), Text(" there"), Finish(), DONE])
    status = tab.page.get_by_role("main").get_by_role("status")

    await tab.send("Hi")
    await expect(status).to_have_text("Answering…")
    await expect(tab.page.get_by_role("log")).to_have_attribute("aria-live", "off")
    go_on.set()

    await expect(status).to_have_text("The answer is complete.")


async def test_typing_stays_fast_while_a_long_answer_comes(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    text = prompt("tokens:8000")
    stack.openai.scripts.append(paced(text, 2000))
    await tab.send(text)
    await tab.begun()

    slowest = await tab.page.evaluate(
        """async () => {
            let slowest = 0;
            for (let count = 0; count < 20; count++) {
                const asked = performance.now();
                await new Promise((resolve) => setTimeout(resolve, 0));
                slowest = Math.max(slowest, performance.now() - asked);
                await new Promise(requestAnimationFrame);
            }
            return slowest;
        }"""
    )

    assert slowest < 200
    await tab.answered()


async def test_the_page_says_which_model_answered(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Hi")
    await tab.answered()

    await expect(tab.answers).to_contain_text("fake-model")
    await expect(tab.page.get_by_text("demo model")).to_have_count(0)
