"""The page without its server: the browser keeps it, and takes a newer one as soon as there is one."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from playwright.async_api import BrowserContext, expect

from proxy_app.launcher.page import create_page_app
from proxy_app.launcher.places import LOOPBACK
from tests.fakes.openai_steps import answer
from tests.stack import Server, Stack, open_stack

from .chat_page import ChatPage, Record, eventually
from .test_offline_start import RECALLED, kept

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT_PAGE = "caches.match(document.baseURI.split('#')[0]).then(kept => kept?.text() ?? '')"
KEPT_FILES = "caches.open('onesocket /').then(cache => cache.keys()).then(kept => kept.map(({url}) => url))"


@asynccontextmanager
async def served(stack: Stack, folder: Path) -> AsyncIterator[None]:
    """Serve a page where the stack expects it."""
    app = create_page_app(folder, centrifugo_port=urlsplit(stack.centrifugo.client_url).port or 0)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, urlsplit(stack.page_url).port or 0).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def keeps(tab: ChatPage, words: str) -> None:
    """Wait until the browser keeps a document with these words."""

    async def there() -> bool:
        return words in await tab.page.evaluate(KEPT_PAGE)

    await eventually(there, "the page to be kept")


async def test_the_page_starts_without_its_server_and_is_renewed_by_it(
    server: Server, built_page: Path, visitor: BrowserContext, tmp_path: Path
) -> None:
    folder = tmp_path / "page"
    shutil.copytree(built_page, folder)
    index = folder / "index.html"
    async with open_stack(server, CHAT_MODEL_RETRIES="0") as stack:
        tab = ChatPage(await visitor.new_page(), Record(connection_lost=True))
        async with served(stack, folder):
            tab.record.watch(tab.page)
            await tab.open(stack.page_url)
            stack.openai.scripts.append(answer("An answer."))
            await tab.send("A prompt")
            await tab.answered()
            await tab.message.fill("A draft")
            await kept(tab, "An answer.")
            await keeps(tab, "Onesocket")

        await stack.centrifugo.process.kill()
        await tab.page.reload()
        await expect(tab.page.get_by_text(RECALLED)).to_be_visible()
        await tab.answered()
        assert await tab.answer_text() == "An answer."
        await expect(tab.message).to_have_value("A draft")

        (script,) = folder.glob("assets/index-*.js")
        newer = script.rename(script.with_name("index-newer.js"))
        index.write_text(index.read_text().replace(script.name, newer.name))
        await stack.centrifugo.process.start()
        async with served(stack, folder):
            await expect(tab.page.get_by_text(RECALLED)).to_have_count(0)
            stack.openai.scripts.append(answer("Another answer."))
            await tab.message.press("Enter")
            await tab.answered(2)
            # What the server has comes first, and is what is kept from then on.
            await tab.page.reload()
            await tab.answered(2)
            assert await tab.page.locator("script").get_attribute("src") == f"./assets/{newer.name}"
            await keeps(tab, newer.name)

            async def old_is_gone() -> bool:
                files = await tab.page.evaluate(KEPT_FILES)
                return newer.name in str(files) and script.name not in str(files)

            await eventually(old_is_gone, "the old version to go")

        assert tab.record.complaints == []
        tab.record.assert_modest(stack.page_url)
