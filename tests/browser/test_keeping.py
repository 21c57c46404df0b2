"""The list of conversations: titles, deleting, paging."""

import pytest
from playwright.async_api import expect

from tests.e2e.answers import prompt
from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .chat_page import ChatPage
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def in_two_tabs(stack: Stack, open_page: OpenPage, text: str, said: str) -> tuple[ChatPage, ChatPage]:
    """Hold a conversation in one tab, and open it in another."""
    first = await open_page()
    stack.openai.scripts.append(answer(said))
    await first.send(text)
    await first.answered()
    second = await open_page(f"/{await first.fragment()}")
    await second.answered()
    return first, second


async def test_a_new_title_shows_in_every_tab(stack: Stack, open_page: OpenPage) -> None:
    first = await open_page()
    await first.token()
    second = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await first.send("The first title")
    await first.answered()

    await first.choose("Rename")
    await first.page.get_by_role("textbox", name="Title").fill("A better title")
    await first.page.get_by_role("dialog").get_by_role("button", name="Rename").click()

    await expect(first.page.get_by_role("dialog")).to_have_count(0)
    await expect(first.page.get_by_role("heading", level=1)).to_have_text("A better title")
    for tab in (first, second):
        await expect(tab.conversations).to_have_text(["A better title"])
    await second.page.reload()
    await expect(second.conversations).to_have_text(["A better title"])


async def test_what_is_deleted_is_gone_in_every_tab(stack: Stack, open_page: OpenPage) -> None:
    first, second = await in_two_tabs(stack, open_page, "Soon gone", "Yes.")

    await first.choose("Delete")

    for tab in (first, second):
        await expect(tab.conversations).to_have_count(0)
        await expect(tab.answers).to_have_count(0)
        await expect(tab.page).to_have_url(f"{stack.page_url}/#/")
    await first.page.reload()
    await expect(first.page.get_by_text("Your conversations will be listed here.")).to_be_visible()


async def test_what_was_being_written_to_what_is_deleted_elsewhere_goes_along(
    stack: Stack, open_page: OpenPage
) -> None:
    first, second = await in_two_tabs(stack, open_page, "Soon gone", "Yes.")
    await second.message.press_sequentially("Half an hour's work")

    await first.choose("Delete")

    told = second.page.get_by_text("This conversation was deleted elsewhere.", exact=True)
    await expect(told).to_be_visible()
    await expect(second.page).to_have_url(f"{stack.page_url}/#/")
    await expect(second.message).to_have_value("Half an hour's work")
    await second.page.reload()
    await expect(second.message).to_have_value("Half an hour's work")


async def test_a_deletion_can_be_undone(stack: Stack, open_page: OpenPage) -> None:
    first, second = await in_two_tabs(stack, open_page, "Deleted by mistake", "Every word.")
    fragment = await first.fragment()

    await first.choose("Delete")
    await expect(second.conversations).to_have_count(0)
    await expect(first.page.get_by_role("status").filter(has_text="Deleted. Undo")).to_have_count(1)
    # From where one writes, the way back is one step away.
    await expect(first.message).to_be_focused()
    for _ in range(2):
        await first.page.keyboard.press("Shift+Tab")
    await expect(first.page.get_by_role("button", name="Undo")).to_be_focused()
    await first.page.keyboard.press("Enter")

    for tab in (first, second):
        await expect(tab.conversations).to_have_text(["Deleted by mistake"])
    await first.answered()
    assert await first.answer_text() == "Every word."
    await expect(first.page).to_have_url(f"{stack.page_url}/{fragment}")
    await expect(first.page.get_by_text("It is back.").last).to_be_visible()
    await second.conversations.first.click()
    await second.answered()
    assert await second.answer_text() == "Every word."


async def test_the_way_back_goes_by_itself_but_not_under_the_hand(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Deleted on purpose")
    await tab.answered()
    await tab.page.clock.install()

    await tab.choose("Delete")
    undo = tab.page.get_by_role("button", name="Undo")
    await undo.hover()
    await tab.page.clock.run_for(20_000)
    await expect(undo).to_be_visible()
    await tab.message.hover()
    await tab.page.clock.run_for(9_000)

    await expect(undo).to_have_count(0)
    await expect(tab.conversations).to_have_count(0)


async def test_the_list_has_both_actions_for_a_mouse(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    for text in ("The one that stays", "Under the mouse"):
        stack.openai.scripts.append(answer("Yes."))
        await tab.begin_new()
        await tab.send(text)
        await tab.answered()

    await tab.conversations.first.hover()
    await tab.page.get_by_role("button", name="Delete “Under the mouse”").click()

    await expect(tab.conversations).to_have_text(["The one that stays"])
    await tab.conversations.first.hover()
    await tab.page.get_by_role("button", name="Rename “The one that stays”").click()
    await tab.page.get_by_role("textbox", name="Title").fill("It stayed")
    await tab.page.keyboard.press("Enter")
    await expect(tab.conversations).to_have_text(["It stayed"])


async def test_a_long_list_comes_in_pages(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    token = await tab.token()
    async with stack.client(token) as client:
        for number in range(60):
            stack.openai.scripts.append(answer("Yes."))
            sent = await client.send(f"Number {number}")
            await client.ended(sent.run)
    await tab.page.reload()

    await expect(tab.conversations.first).to_have_text("Number 59")
    assert await tab.conversations.count() < 60
    while await tab.conversations.count() < 60:
        await tab.conversations.last.scroll_into_view_if_needed()
        await expect(tab.conversations.nth(await tab.conversations.count() - 1)).to_be_visible()

    await expect(tab.conversations.last).to_have_text("Number 0")


async def test_a_long_conversation_comes_in_pages_and_nothing_moves(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    token = await tab.token()
    async with stack.client(token) as client:
        conversation: str | None = None
        for number in range(40):
            stack.openai.scripts.append(answer(f"Answer {number}"))
            sent = await client.send(prompt(), conversation=conversation)
            conversation = sent.conversation["id"]
            await client.ended(sent.run)
        await tab.open(f"{stack.page_url}/#/c/{conversation}")
        await tab.page.reload()

    await expect(tab.answers.last).to_contain_text("Answer 39")
    shown = await tab.answers.count()
    assert shown < 40
    await tab.answers.first.scroll_into_view_if_needed()
    await expect(tab.answers).not_to_have_count(shown)
    await expect(tab.page.get_by_text(f"Answer {40 - shown}", exact=True)).to_be_in_viewport()
