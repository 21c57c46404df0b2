"""The composer: keys, drafts, limits."""

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.fakes.openai_steps import Stall, Text, answer
from tests.stack import Stack

from .chat_page import eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEIGHT = "field => field.clientHeight"


async def test_shift_enter_begins_a_line_and_enter_sends(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.message.press_sequentially("one")
    await tab.message.press("Shift+Enter")
    await tab.message.press_sequentially("two")
    height = await tab.message.evaluate(HEIGHT)
    await tab.message.press("Enter")

    await expect(tab.prompts).to_have_text(["one\ntwo"])
    await tab.answered()
    assert await tab.message.evaluate(HEIGHT) < height


async def test_an_enter_that_ends_a_composition_does_not_send(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await tab.message.fill("にほんご")
    press = """(field, options) => field.dispatchEvent(new KeyboardEvent("keydown",
        {key: "Enter", bubbles: true, cancelable: true, ...options}))"""

    assert await tab.message.evaluate(press, {"isComposing": True})
    assert await tab.message.evaluate(press, {"keyCode": 229})

    await expect(tab.message).to_have_value("にほんご")
    await expect(tab.prompts).to_have_count(0)


async def test_nothing_but_spaces_is_not_sent(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()

    await tab.send("  \n ")

    await expect(tab.prompts).to_have_count(0)
    await expect(tab.page.get_by_role("button", name="Send")).to_be_disabled()


async def test_each_conversation_keeps_its_draft(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Hi")
    await tab.answered()
    await tab.message.fill("for later")
    await tab.begin_new()
    await expect(tab.message).to_have_value("")
    await tab.message.fill("something else")

    await tab.page.reload()
    await expect(tab.message).to_have_value("something else")
    await tab.conversations.first.click()
    await expect(tab.message).to_have_value("for later")


async def test_a_draft_of_another_tab_outlives_what_is_sent_here(stack: Stack, open_page: OpenPage) -> None:
    here, there = await open_page(), await open_page()
    await here.message.fill("Sent here")
    await there.message.fill("Written there")

    async def is_kept() -> bool:
        kept = await there.page.evaluate("JSON.stringify({...localStorage})")
        return "Written there" in kept

    await eventually(is_kept, "the draft to be kept")
    stack.openai.scripts.append(answer("Yes."))
    await here.message.press("Enter")
    await here.answered()

    await there.page.reload()
    await expect(there.message).to_have_value("Written there")


async def test_what_no_server_would_take_is_not_kept_for_it(stack: Stack, open_page: OpenPage) -> None:
    await stack.centrifugo.process.kill()
    try:
        tab = await open_page(connection_lost=True)
        await tab.message.fill("x" * 300_000)
        await expect(tab.page.get_by_text("characters too long")).to_be_visible()
        await tab.message.press("Enter")
        await expect(tab.prompts).to_have_count(0)
    finally:
        await stack.centrifugo.process.start()
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()


async def test_a_prompt_that_is_too_long_is_not_sent(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()

    await tab.message.fill("x" * 100_000)

    await expect(tab.page.get_by_text("characters too long")).to_be_visible()
    await tab.message.press("Enter")
    await expect(tab.prompts).to_have_count(0)


async def test_a_prompt_during_an_answer_stops_it(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.extend([[Text("First"), Stall()], answer("Second.")])
    await tab.send("Something")
    await tab.begun()

    await tab.send("No, something else")

    await tab.answered(2)
    await expect(tab.answers.first).to_contain_text("Stopped.")
    await expect(tab.prompts).to_have_text(["Something", "No, something else"])
    assert await tab.answer_text() == "Second."


async def test_on_a_phone_enter_begins_a_line(stack: Stack, open_page: OpenPage, chromium: Browser) -> None:
    phone: BrowserContext = await chromium.new_context(
        viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    try:
        tab = await open_page(context=phone)
        stack.openai.scripts.append(answer("Yes."))
        await tab.message.press_sequentially("one")
        await tab.message.press("Enter")
        await expect(tab.message).to_have_value("one\n")
        await tab.message.press("Control+Enter")
        await tab.answered()
        await expect(tab.message).to_have_value("")

        size = await tab.message.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")
        assert size >= 16
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert await tab.page.evaluate(wide)
        await expect(tab.conversations).to_have_count(1)
        await expect(tab.conversations.first).not_to_be_in_viewport()
        await tab.button("Open the list of conversations")
        await expect(tab.conversations.first).to_be_in_viewport()
        await tab.conversations.first.tap()

        async def closed() -> bool:
            return bool(await tab.page.get_by_role("navigation").evaluate("list => list.inert"))

        await eventually(closed, "the list to close")
        await tab.choose("Delete")
        await expect(tab.answers).to_have_count(0)
    finally:
        await phone.close()
