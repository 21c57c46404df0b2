"""The product with its page, and a Chromium to look at it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.stack import Server, Stack, open_stack
from tests.stack.processes import PROJECT

from .chat_page import NOTE_VIOLATIONS, PATIENCE, ChatPage, Record
from .chromium import FLAGS, MISSING, find_chromium

PAGE = PROJECT / "frontend" / "dist"
OpenPage = Callable[..., Awaitable[ChatPage]]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is."""
    path = find_chromium()
    if path is None:
        pytest.skip(MISSING)
    return path


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The folder of the built page."""
    if not (PAGE / "index.html").exists():
        pytest.skip("the page is not built: run `npm ci && npm run build` in frontend/")
    return PAGE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_stack(server: Server, built_page: Path, chromium_path: str) -> AsyncIterator[Stack]:
    """The product with its page; a model that fails is not asked again."""
    async with open_stack(server, page=built_page, CHAT_MODEL_RETRIES="0") as stack:
        yield stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_path: str) -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A person who was never here: all tabs of one test share what the browser keeps."""
    context = await chromium.new_context(viewport={"width": 1180, "height": 760})
    context.set_default_timeout(PATIENCE * 1000)
    await context.add_init_script(NOTE_VIOLATIONS)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(stack: Stack, visitor: BrowserContext) -> AsyncIterator[OpenPage]:
    """Open a tab; afterwards no tab may have had anything to complain of."""
    opened: list[ChatPage] = []

    async def open_tab(path: str = "/", *, context: BrowserContext | None = None, **record: Any) -> ChatPage:
        page = await (context or visitor).new_page()
        tab = ChatPage(page, Record(**record))
        tab.record.watch(page)
        opened.append(tab)
        await tab.open(f"{stack.page_url}{path}")
        return tab

    yield open_tab

    for tab in opened:
        assert tab.record.complaints == []
        tab.record.assert_modest(stack.page_url)
