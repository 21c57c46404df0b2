"""A conversation that is longer than what is drawn of it at once."""

import pytest
from playwright.async_api import expect

from tests.e2e.answers import prompt
from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .chat_page import ChatPage
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURNS = 40


async def test_a_long_conversation_opens_again_with_its_end(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await fill(stack, tab)
    messages = tab.page.get_by_role("log").get_by_role("article")
    await tab.conversations.first.click()
    await expect(tab.answers.last).to_contain_text(f"Answer {TURNS - 1}")
    while await messages.count() < 2 * TURNS:
        await messages.first.scroll_into_view_if_needed()
        await expect(messages.nth(await messages.count() - 1)).to_be_attached()

    await tab.begin_new()
    await tab.conversations.first.click()

    await expect(tab.page.get_by_text(f"Answer {TURNS - 1}", exact=True)).to_be_in_viewport()
    shown = await messages.count()
    assert shown < 2 * TURNS
    await messages.first.scroll_into_view_if_needed()
    await expect(messages).to_have_count(2 * TURNS)
    await expect(tab.page.get_by_text(f"Answer {TURNS - shown // 2}", exact=True)).to_be_in_viewport()

    stack.openai.scripts.append(answer("One more."))
    await tab.send("And?")
    await expect(tab.page.get_by_text("One more.")).to_be_in_viewport()
    assert await messages.count() <= shown + 2


async def test_what_is_sought_is_drawn(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await fill(stack, tab)
    messages = tab.page.get_by_role("log").get_by_role("article")
    await tab.conversations.first.click()
    await expect(tab.answers.last).to_contain_text(f"Answer {TURNS - 1}")
    while await messages.count() < 2 * TURNS:
        await messages.first.scroll_into_view_if_needed()
        await expect(messages.nth(await messages.count() - 1)).to_be_attached()
    await tab.begin_new()
    await tab.conversations.first.click()
    await expect(messages).not_to_have_count(2 * TURNS)

    for word in ("needle", "haystack"):
        await tab.page.get_by_label("Search conversations").fill(word)
        await tab.page.get_by_role("navigation").get_by_text(f"The {word}").click()
        await expect(tab.page.get_by_role("log").get_by_text(f"The {word}")).to_be_in_viewport()


async def fill(stack: Stack, tab: ChatPage) -> None:
    """Make the tab's user a long conversation; two words are at its beginning."""
    async with stack.client(await tab.token()) as client:
        conversation: str | None = None
        for number in range(TURNS):
            word = {1: "The needle", 3: "The haystack"}.get(number, f"Answer {number}")
            stack.openai.scripts.append(answer(word))
            sent = await client.send(prompt(), conversation=conversation)
            conversation = sent.conversation["id"]
            await client.ended(sent.run)
    await expect(tab.conversations).to_have_count(1)
