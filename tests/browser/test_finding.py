"""Finding a conversation again: search, files, addresses, keys."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.answers import prompt
from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .chat_page import ChatPage
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def converse(stack: Stack, tab: ChatPage, text: str, said: str = "Yes.") -> str:
    """Begin a conversation, and return its fragment once it is answered."""
    await tab.begin_new()
    stack.openai.scripts.append(answer(said))
    await tab.send(text)
    await tab.answered()
    return await tab.fragment()


def field(tab: ChatPage) -> Locator:
    """Where one searches."""
    return tab.page.get_by_role("searchbox", name="Search conversations")


async def test_titles_are_found_while_they_are_written(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    bread = await converse(stack, tab, "A recipe for Bread")
    await converse(stack, tab, "Why there are tides")

    await tab.page.keyboard.press("Control+k")
    await expect(field(tab)).to_be_focused()
    await field(tab).press_sequentially("bread")
    await expect(tab.conversations).to_have_text(["A recipe for Bread"])
    await expect(tab.conversations.locator("mark")).to_have_text(["Bread"])
    await expect(tab.page.get_by_role("status").filter(has_text="1 conversation found.")).to_have_count(1)

    await tab.page.keyboard.press("ArrowDown")
    await expect(tab.conversations.first).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await expect(tab.page).to_have_url(f"{stack.page_url}/{bread}")
    await tab.answered()
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("A recipe for Bread")

    await field(tab).press("Escape")
    await expect(field(tab)).to_have_value("")
    await expect(tab.conversations).to_have_text(["Why there are tides", "A recipe for Bread"])

    clear = tab.page.get_by_role("button", name="Clear the search")
    await expect(clear).to_have_count(0)
    await field(tab).fill("bread")
    await expect(tab.conversations).to_have_count(1)
    await clear.click()
    await expect(field(tab)).to_be_focused()
    await expect(field(tab)).to_have_value("")
    await expect(tab.conversations).to_have_count(2)


async def test_what_was_said_is_found_and_shown_around_the_hit(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    long = f"{'Much is said before. ' * 30}Then comes the <b>Zugzwang</b> of it. {'And much after. ' * 30}"
    await converse(stack, tab, "About chess", long)
    await converse(stack, tab, "About bread")

    await field(tab).fill("zugzwang")

    await expect(tab.conversations).to_have_count(1)
    await expect(tab.conversations.first).to_contain_text("About chess")
    await expect(tab.conversations.first).to_contain_text("comes the <b>Zugzwang</b> of it")
    await expect(tab.conversations.locator("mark")).to_have_text(["Zugzwang"])
    await expect(tab.conversations.locator("b")).to_have_count(0)


async def test_what_is_found_lives(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await tab.token()
    other = await open_page()
    await converse(stack, tab, "One about bread")
    await converse(stack, tab, "Two about bread")
    await field(tab).fill("bread")
    await expect(tab.conversations).to_have_text(["Two about bread", "One about bread"])

    await expect(other.conversations).to_have_text(["Two about bread", "One about bread"])
    await other.conversations.first.hover()
    await other.page.get_by_role("button", name="Rename “Two about bread”").click()
    await other.page.get_by_role("textbox", name="Title").fill("Two about cake")
    await other.page.keyboard.press("Enter")
    await expect(tab.conversations).to_contain_text(["Two about cake", "One about bread"])
    await other.conversations.last.hover()
    await other.page.get_by_role("button", name="Delete “One about bread”").click()
    await expect(tab.conversations).to_have_count(1)
    await expect(tab.conversations).to_contain_text(["Two about cake"])


async def test_nothing_found_is_said(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await converse(stack, tab, "About bread")

    await field(tab).fill("quantum")

    await expect(tab.page.get_by_text("Nothing found for “quantum”.")).to_be_visible()
    await expect(tab.conversations).to_have_count(0)


async def test_a_search_that_fails_says_why_and_can_be_tried_again(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(connection_lost=True)
    await converse(stack, tab, "About bread")
    await stack.centrifugo.process.kill()

    await field(tab).fill("bread")
    failed = tab.page.get_by_text("The search failed. There is no connection to the server right now.")
    await expect(failed).to_be_visible(timeout=8000)
    await stack.centrifugo.process.start()
    await expect(tab.page.get_by_text("The connection is away. Trying again…")).to_have_count(0)
    await tab.button("Try again")

    await expect(failed).to_have_count(0)
    await expect(tab.conversations).to_have_text(["About bread"])


async def test_many_hits_come_in_pages(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    async with stack.client(await tab.token()) as client:
        for number in range(60):
            stack.openai.scripts.append(answer("Yes."))
            sent = await client.send(f"Loaf {number}")
            await client.ended(sent.run)

    await field(tab).fill("loaf")
    await expect(tab.conversations.first).to_have_text("Loaf 59")
    assert await tab.conversations.count() < 60
    await tab.button("Show more")
    await expect(tab.conversations).to_have_count(60)
    await expect(tab.conversations.last).to_have_text("Loaf 0")


async def test_a_conversation_is_saved_as_markdown_and_json(
    stack: Stack, open_page: OpenPage, tmp_path: Path
) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("# Bread\n\nFlour, *water*, salt."))
    await tab.send("A recipe: bread/cake?")
    await tab.answered()
    loaded = list(tab.record.requests)

    async with tab.page.expect_download() as markdown:
        await tab.choose("Export as Markdown")
    saved = await markdown.value
    assert saved.suggested_filename == "A recipe bread cake.md"
    await saved.save_as(tmp_path / "conversation.md")
    assert (tmp_path / "conversation.md").read_text("utf-8") == (
        "# A recipe: bread/cake?\n\n## You\n\nA recipe: bread/cake?\n\n"
        "## Answer (fake-model)\n\n# Bread\n\nFlour, *water*, salt.\n"
    )

    async with tab.page.expect_download() as as_json:
        await tab.choose("Export as JSON")
    saved = await as_json.value
    assert saved.suggested_filename == "A recipe bread cake.json"
    await saved.save_as(tmp_path / "conversation.json")
    held = json.loads((tmp_path / "conversation.json").read_text("utf-8"))
    assert held["conversation"]["title"] == "A recipe: bread/cake?"
    assert [message["role"] for message in held["messages"]] == ["user", "assistant"]
    assert held["messages"][1]["parts"][0]["text"] == "# Bread\n\nFlour, *water*, salt."
    assert tab.record.requests == loaded


async def test_a_long_conversation_is_saved_whole(stack: Stack, open_page: OpenPage, tmp_path: Path) -> None:
    tab = await open_page()
    async with stack.client(await tab.token()) as client:
        conversation: str | None = None
        for number in range(40):
            stack.openai.scripts.append(answer(f"Answer {number}."))
            sent = await client.send(prompt(), conversation=conversation)
            conversation = sent.conversation["id"]
            await client.ended(sent.run)
    await tab.conversations.first.click()
    await expect(tab.answers.last).to_contain_text("Answer 39.")

    async with tab.page.expect_download() as download:
        await tab.choose("Export as Markdown")
    await (await download.value).save_as(tmp_path / "whole.md")

    told = re.findall(r"^Answer (\d+)\.$", (tmp_path / "whole.md").read_text("utf-8"), re.MULTILINE)
    assert told == [str(number) for number in range(40)]


async def test_an_address_of_nothing_says_so(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page("/#/c/01890000-0000-7000-8000-000000000000")

    await expect(tab.page.get_by_role("heading", name="This conversation does not exist")).to_be_visible()
    await tab.button("Begin a new one")
    await expect(tab.page.get_by_role("heading", name="What is on your mind?")).to_be_visible()
    await expect(tab.message).to_be_editable()


async def test_the_list_is_by_days(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await converse(stack, tab, "Of some time ago")
    await expect(tab.page.get_by_role("heading", name="Today")).to_be_visible()

    for days, heading in ((1, "Yesterday"), (5, "Last 7 days"), (20, "Last 30 days"), (90, "Earlier")):
        await tab.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=days))
        await tab.page.reload()
        await expect(tab.page.get_by_role("heading", name=heading)).to_be_visible()


async def test_keys_that_compose_stay_in_the_search(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await converse(stack, tab, "One")
    await field(tab).focus()

    def press(composing: bool) -> str:
        options = f"{{ key: 'ArrowDown', bubbles: true, isComposing: {str(composing).lower()} }}"
        return f"field => field.dispatchEvent(new KeyboardEvent('keydown', {options}))"

    await field(tab).evaluate(press(composing=True))
    await expect(field(tab)).to_be_focused()
    await field(tab).evaluate(press(composing=False))
    await expect(tab.conversations.first).to_be_focused()


async def test_keys_do_what_the_help_says(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    keys = tab.page.keyboard
    one = await converse(stack, tab, "One", "The answer to one.")
    two = await converse(stack, tab, "Two", "The answer to two.")

    # While one writes, too: the field that messages are written in has the focus.
    await expect(tab.message).to_be_focused()
    await keys.press("Alt+ArrowDown")
    await expect(tab.page).to_have_url(f"{stack.page_url}/{one}")
    await keys.press("Alt+ArrowUp")
    await expect(tab.page).to_have_url(f"{stack.page_url}/{two}")
    await expect(tab.answers).to_contain_text("The answer to two.")

    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await keys.press("Control+Shift+C")
    await expect(tab.page.get_by_text("Copied.").first).to_be_visible()
    assert await tab.page.evaluate("navigator.clipboard.readText()") == "The answer to two."

    await keys.press("Control+Shift+S")
    await expect(tab.conversations.first).not_to_be_visible()
    await tab.page.reload()
    await tab.answered()
    await expect(tab.conversations.first).not_to_be_visible()
    await keys.press("Control+Shift+S")
    await expect(tab.conversations.first).to_be_visible()

    await keys.press("Control+k")
    await expect(field(tab)).to_be_focused()
    await keys.press("Shift+Escape")
    await expect(tab.message).to_be_focused()
    await keys.press("Control+Shift+O")
    await expect(tab.page.get_by_role("heading", name="What is on your mind?")).to_be_visible()


async def test_the_help_is_a_dialog_and_a_sign_is_a_sign_while_one_writes(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    keys, sheet = tab.page.keyboard, tab.page.get_by_role("dialog", name="Keyboard shortcuts")
    await tab.message.press_sequentially("What?")
    await expect(tab.message).to_have_value("What?")
    await expect(sheet).to_have_count(0)

    await keys.press("Control+/")
    await expect(sheet).to_be_visible()
    # Nothing beneath it is meant while it is open.
    await keys.press("Control+Shift+O")
    await keys.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(tab.message).to_be_focused()
    await expect(tab.message).to_have_value("What?")

    await tab.page.get_by_role("button", name="Settings").focus()
    await keys.press("?")
    await expect(sheet).to_be_visible()
    await sheet.get_by_role("button", name="Close").click()
    await expect(sheet).to_have_count(0)
    await tab.choose("Keyboard shortcuts", "Settings")
    await expect(sheet).to_be_visible()
    await keys.press("Escape")


async def test_focusing_what_one_writes_stops_nothing(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    text = prompt("tokens:4000")
    await tab.send(text)
    await tab.begun()

    await tab.page.keyboard.press("Control+k")
    await expect(field(tab)).to_be_focused()
    await tab.page.keyboard.press("Shift+Escape")
    await expect(tab.message).to_be_focused()
    await tab.answered()

    await expect(tab.page.get_by_text("Stopped.", exact=True)).to_have_count(0)
