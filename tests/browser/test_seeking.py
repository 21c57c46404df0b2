"""Coming to what a search found, wherever in its conversation that is."""

import json
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, WebSocketRoute, expect

from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .chat_page import ChatPage, eventually
from .conftest import OpenPage
from .test_finding import converse, field

pytestmark = pytest.mark.asyncio(loop_scope="session")


class OlderPages:
    """Stands between the page and Centrifugo, and keeps what asks for older messages until it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """What was kept, as it travels."""
        self._page: WebSocketRoute | None = None
        self._server: WebSocketRoute | None = None

    def watch(self, page_side: WebSocketRoute) -> None:
        """Be what a connection goes through."""
        self._page, self._server = page_side, page_side.connect_to_server()
        page_side.on_message(self._pass_on)

    async def were_asked_for(self) -> bool:
        """Say whether something is kept."""
        return bool(self.asked)

    def let_through(self) -> None:
        """Send on what was kept."""
        assert self._server is not None
        while self.asked:
            self._server.send(self.asked.pop())

    def refuse(self) -> None:
        """Answer what was kept with an error."""
        assert self._page is not None
        error = {"code": 1404, "message": "There is no such message."}
        while self.asked:
            self._page.send(json.dumps({"id": json.loads(self.asked.pop())["id"], "error": error}))

    def _pass_on(self, message: str | bytes) -> None:
        assert self._server is not None
        for line in str(message).splitlines():
            call: dict[str, Any] = json.loads(line).get("rpc", {})
            if call.get("method") == "chat:conversation" and "before" in call["data"]:
                self.asked.append(line)
            else:
                self._server.send(line)


async def converse_long(stack: Stack, tab: ChatPage, count: int) -> str:
    """Have a conversation whose third answer has the word; return its id."""
    conversation = ""
    async with stack.client(await tab.token()) as client:
        for number in range(count):
            said = "The Zugzwang is here. " if number == 2 else "Not here. "
            stack.openai.scripts.append(answer(said * 20))
            sent = await client.send(f"Number {number}", conversation=conversation or None)
            conversation = sent.conversation["id"]
            await client.ended(sent.run)
    return conversation


async def go_to_hit(tab: ChatPage) -> None:
    """Search for the word, and choose what is found."""
    await field(tab).fill("zugzwang")
    await expect(tab.conversations.locator("mark").first).to_be_visible()
    await tab.conversations.first.click()


def hit(tab: ChatPage) -> Locator:
    """The answer that has the word."""
    return tab.answers.filter(has_text="The Zugzwang is here.")


async def test_one_comes_to_what_was_found(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await converse_long(stack, tab, 12)
    await expect(tab.conversations).to_have_count(1)

    await go_to_hit(tab)

    await expect(hit(tab)).to_be_in_viewport()
    await expect(tab.page.get_by_role("button", name="Jump to the latest")).to_be_visible()
    await expect(tab.answers.last).not_to_be_in_viewport()


async def test_one_comes_to_what_was_found_pages_ago(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    conversation = await converse_long(stack, tab, 55)
    # A page that was not there knows nothing of what is before the newest.
    await tab.page.reload()

    await go_to_hit(tab)

    await expect(hit(tab)).to_be_in_viewport()
    await expect(tab.answers.last).not_to_be_in_viewport()
    # Where the reader is they stay, whatever comes.
    stack.openai.scripts.append(answer("More. " * 200))
    async with stack.client(await tab.token()) as client:
        sent = await client.send("One more", conversation=conversation)
        await client.ended(sent.run)
    await expect(tab.answers.last).to_contain_text("More.")
    await expect(hit(tab)).to_be_in_viewport()


async def test_one_comes_to_what_was_found_on_another_branch(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await converse(stack, tab, "About chess", "The Zugzwang is here.")
    stack.openai.scripts.append(answer("More. " * 300))
    await tab.send("Tell me more")
    await tab.answered(2)
    stack.openai.scripts.append(answer("Flour, water, salt."))
    await tab.edit(tab.prompts.first, "About bread")
    await tab.answered(1)
    await expect(tab.answers).to_contain_text("Flour")
    await converse(stack, tab, "About tides")
    await tab.page.reload()

    await go_to_hit(tab)

    await expect(hit(tab)).to_be_in_viewport()
    await expect(tab.prompts).to_contain_text(["About chess", "Tell me more"])
    await expect(tab.versions).to_have_text(["1 / 2"])


async def on_the_way(
    stack: Stack, visitor: BrowserContext, open_page: OpenPage, pages: OlderPages, turns: int
) -> ChatPage:
    """Go to a hit that is on an older page, until that page is asked for."""
    await visitor.route_web_socket("**/connection/websocket", pages.watch)
    tab = await open_page()
    await converse_long(stack, tab, turns)
    await tab.page.reload()
    await go_to_hit(tab)
    await eventually(pages.were_asked_for, "the page before")
    return tab


async def test_who_moves_by_hand_meanwhile_is_not_taken_away(
    stack: Stack, visitor: BrowserContext, open_page: OpenPage
) -> None:
    pages = OlderPages()
    tab = await on_the_way(stack, visitor, open_page, pages, 55)

    await tab.answers.last.hover()
    await tab.page.mouse.wheel(0, -60)
    await expect(tab.page.get_by_role("button", name="Jump to the latest")).to_be_visible()
    pages.let_through()

    # The page before comes, and no other is asked for.
    await expect(tab.answers).to_have_count(50)
    await expect(tab.answers.last).to_be_in_viewport()
    assert pages.asked == []


async def test_what_can_not_be_shown_is_said(
    stack: Stack, visitor: BrowserContext, open_page: OpenPage
) -> None:
    pages = OlderPages()
    tab = await on_the_way(stack, visitor, open_page, pages, 30)

    pages.refuse()

    words = "What was found can’t be shown. There is no such message."
    await expect(tab.page.get_by_text(words).first).to_be_visible()
    await expect(tab.answers.last).to_be_in_viewport()
