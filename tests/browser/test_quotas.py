"""A prompt beyond a limit: the page says so in words, with when to try again, and loses nothing."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e.answers import asked, prompt
from tests.fakes.openai_server import expected_text
from tests.stack import Server, Stack, open_stack

from .chat_page import ChatPage, Record

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def limited(
    server: Server, page: Path, visitor: BrowserContext, **settings: str
) -> AsyncIterator[tuple[Stack, ChatPage]]:
    """Open the page of a product with other limits."""
    async with open_stack(server, page=page, **settings) as stack:
        tab = ChatPage(await visitor.new_page(), Record())
        tab.record.watch(tab.page)
        await tab.open(stack.page_url)
        yield stack, tab
        assert tab.record.complaints == []


async def test_a_quota_is_said_in_words_and_the_prompt_is_kept(
    server: Server, built_page: Path, visitor: BrowserContext
) -> None:
    async with limited(server, built_page, visitor, CHAT_PROMPTS_PER_DAY="2") as (stack, tab):
        for count in (1, 2):
            await tab.send(prompt("tokens:3"))
            await tab.answered(count)
        text = prompt("tokens:3 One too many")
        await tab.send(text)

        said = re.compile(r"You may send 2 messages a day\. Try again in \d+ (hours|minutes|seconds)\.")
        await expect(tab.page.get_by_text(said)).to_be_visible()
        await expect(tab.prompts.last).to_contain_text(text)
        await tab.page.reload()
        await expect(tab.page.get_by_text(said)).to_be_visible()
        await tab.button("Try again")
        await expect(tab.page.get_by_text(said)).to_be_visible()
        await tab.page.get_by_text("Edit", exact=True).click()
        await expect(tab.message).to_have_value(text)
        assert asked(stack, text) == []


async def test_one_answer_too_many_is_sent_when_another_has_ended(
    server: Server, built_page: Path, visitor: BrowserContext
) -> None:
    async with limited(server, built_page, visitor, CHAT_MAX_RUNS_PER_USER="1") as (stack, tab):
        await tab.send(prompt("tokens:2000 rate:20"))
        await tab.begun()
        first = await tab.fragment()
        await tab.begin_new()
        text = prompt("tokens:3")
        await tab.send(text)

        said = tab.page.get_by_text("Only 1 answer can be written at once.")
        await expect(said).to_be_visible()
        await tab.conversations.first.click()
        await tab.stop.click()
        await tab.answered()
        await expect(tab.page).to_have_url(f"{stack.page_url}/{first}")
        await tab.page.go_back()
        await tab.button("Try again")
        await tab.answered()
        assert await tab.answer_text() == expected_text(text)
        assert len(asked(stack, text)) == 1


async def test_a_full_store_says_what_helps(
    server: Server, built_page: Path, visitor: BrowserContext
) -> None:
    async with limited(server, built_page, visitor, CHAT_MAX_STORAGE="1000") as (_, tab):
        text = "x" * 1500
        await tab.send(text)

        await expect(tab.page.get_by_text("There is no room left for more messages.")).to_be_visible()
        await tab.page.get_by_text("Edit", exact=True).click()
        await expect(tab.message).to_have_value(text)
