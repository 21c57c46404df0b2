"""The list of conversations: titles, deleting, paging."""

import pytest
from playwright.async_api import expect

from tests.e2e.answers import prompt
from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_new_title_shows_in_every_tab(stack: Stack, open_page: OpenPage) -> None:
    first, second = await open_page(), await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await first.send("The first title")
    await first.answered()

    await first.button("Rename")
    await first.page.get_by_role("textbox", name="Title").fill("A better title")
    await first.page.get_by_role("dialog").get_by_role("button", name="Rename").click()

    await expect(first.page.get_by_role("dialog")).to_have_count(0)
    await expect(first.page.get_by_role("heading", level=1)).to_have_text("A better title")
    for tab in (first, second):
        await expect(tab.conversations).to_have_text(["A better title"])
    await second.page.reload()
    await expect(second.conversations).to_have_text(["A better title"])


async def test_a_conversation_is_deleted_only_after_a_question(stack: Stack, open_page: OpenPage) -> None:
    first = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await first.send("Soon gone")
    await first.answered()
    second = await open_page(f"/{first.fragment}")
    await second.answered()
    dialog = first.page.get_by_role("dialog")

    await first.button("Delete")
    await expect(dialog).to_contain_text("Soon gone")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    await expect(first.conversations).to_have_count(1)

    await first.button("Delete")
    await dialog.get_by_role("button", name="Delete").click()
    for tab in (first, second):
        await expect(tab.conversations).to_have_count(0)
        await expect(tab.answers).to_have_count(0)
        await expect(tab.page).to_have_url(f"{stack.page_url}/#/")
    await first.page.reload()
    await expect(first.page.get_by_text("Your conversations will be listed here.")).to_be_visible()


async def test_the_list_has_both_actions_for_a_mouse(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Under the mouse")
    await tab.answered()
    await tab.button("New conversation")

    await tab.conversations.first.hover()
    await tab.page.get_by_role("button", name="Delete “Under the mouse”").click()
    await tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    await expect(tab.conversations).to_have_count(0)


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
