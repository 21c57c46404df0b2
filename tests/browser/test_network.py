"""Bad networks: slow ones, and ones that go away for half a minute in the middle of an answer."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e.answers import asked, paced, prompt
from tests.fakes.openai_server import expected_text
from tests.stack import Stack

from .chat_page import ChatPage, Record
from .conftest import OpenPage
from .wire import Wire, wired_page

pytestmark = pytest.mark.asyncio(loop_scope="session")

AWAY = "The connection is away. Trying again…"
OUTAGE = 30.0
"""Seconds that the network is gone."""
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""What Chromium's own tools call slow 3G: milliseconds, bytes per second."""


async def test_a_slow_network_shows_everything(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    cdp = await tab.page.context.new_cdp_session(tab.page)
    await cdp.send("Network.enable")
    await cdp.send("Network.emulateNetworkConditions", SLOW)
    await tab.page.reload()
    text = prompt("tokens:1500")
    stack.openai.scripts.append(paced(text, 500))

    await tab.send(text)

    await expect(tab.prompts).to_have_text([text])
    await tab.begun()
    await whole(tab, text)
    await expect(tab.page.get_by_text(AWAY)).to_have_count(0)
    assert len(asked(stack, text)) == 1


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_half_a_minute_without_a_network_loses_nothing(
    stack: Stack, built_page: Path, visitor: BrowserContext
) -> None:
    async with wired_page(stack, built_page) as wire:
        tab = await open_wired(visitor, wire)
        text = prompt("tokens:8000")
        stack.openai.scripts.append(paced(text, 200))  # It goes on for ten seconds when the network is back.
        await tab.send(text)
        shown = await tab.begun()

        wire.cut()
        await expect(tab.page.get_by_text(AWAY)).to_be_visible()
        await tab.message.fill("Written meanwhile")
        await asyncio.sleep(OUTAGE)  # The outage is what is tested: this is no wait for something else.
        assert await tab.begun() < shown + 1000
        wire.mend()

        await expect(tab.page.get_by_text(AWAY)).to_have_count(0)
        await expect(tab.stop).to_be_visible()
        await whole(tab, text)
        await expect(tab.message).to_have_value("Written meanwhile")
        assert len(asked(stack, text)) == 1
        assert wire.connections == 2
        assert_quiet(tab, wire)


@pytest.mark.heavy
@pytest.mark.timeout(180)
async def test_half_a_minute_of_silence_loses_nothing(
    stack: Stack, built_page: Path, visitor: BrowserContext
) -> None:
    async with wired_page(stack, built_page) as wire:
        tab = await open_wired(visitor, wire)
        text = prompt("tokens:8000")
        stack.openai.scripts.append(paced(text, 200))
        await tab.send(text)
        await tab.begun()

        wire.hush()
        await asyncio.sleep(OUTAGE)  # As above.
        wire.mend()

        await whole(tab, text)
        await expect(tab.page.get_by_text(AWAY)).to_have_count(0)
        assert len(asked(stack, text)) == 1
        assert_quiet(tab, wire)


async def open_wired(visitor: BrowserContext, wire: Wire) -> ChatPage:
    """Open the page that is at the end of a wire."""
    tab = ChatPage(await visitor.new_page(), Record(connection_lost=True))
    tab.record.watch(tab.page)
    await tab.open(wire.page_url)
    return tab


def assert_quiet(tab: ChatPage, wire: Wire) -> None:
    """The page had nothing to complain of but the connection, and asked for nothing else."""
    assert tab.record.complaints == []
    tab.record.assert_modest(wire.page_url)


async def whole(tab: ChatPage, text: str) -> None:
    """Wait until the answer is complete; it has to be exact, and there once."""
    await expect(tab.page.locator('article[aria-busy="true"]')).to_have_count(0, timeout=60_000)
    await tab.answered()
    assert await tab.answer_text() == expected_text(text)
    await expect(tab.prompts).to_have_text([text])
