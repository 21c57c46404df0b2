"""The page where others put it: under a path, in a frame, without storage."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from playwright.async_api import BrowserContext, Page, expect

from proxy_app.launcher.places import LOOPBACK
from proxy_app.launcher.scale_programs import nginx_command
from tests.fakes.openai_steps import answer
from tests.stack import Server, Stack, open_stack
from tests.stack.needs import need_programs
from tests.stack.processes import PROJECT, Child, unused_ports

from .chat_page import ChatPage, Record

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_STORAGE = """
Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("Access is denied for this document.", "SecurityError"); },
});
"""
"""What a browser does to a foreign frame whose storage it forbids."""


async def test_the_page_works_under_a_path(
    server: Server, built_page: Path, visitor: BrowserContext, tmp_path: Path
) -> None:
    async with (
        open_stack(server, CHAT_MODEL_RETRIES="0") as stack,
        nginx_in_front(stack, built_page, tmp_path),
    ):
        page = await visitor.new_page()
        tab = ChatPage(page, Record())
        tab.record.watch(page)
        # The path without a slash is sent on.
        await tab.open(f"{stack.page_url}/chat")
        await expect(page).to_have_url(re.compile("/chat/(#/)?$"))
        stack.openai.scripts.append(answer("Under a path."))
        await tab.send("Where are you?")
        await tab.answered()
        await page.reload()
        await tab.answered()

        assert await tab.answer_text() == "Under a path."
        assert page.url.startswith(f"{stack.page_url}/chat/#/c/")
        assert all(url.startswith(f"{stack.page_url}/chat") for url in tab.record.requests)
        websocket = stack.page_url.replace("http:", "ws:") + "/chat/connection/websocket"
        assert tab.record.websockets == [websocket] * 2
        assert tab.record.complaints == []


@pytest.mark.parametrize("storage", [True, False], ids=["storage", "no storage"])
async def test_the_page_works_in_a_frame_of_an_allowed_origin(
    server: Server, built_page: Path, visitor: BrowserContext, storage: bool
) -> None:
    async with (
        site_with_frame() as (around, framed),
        open_stack(server, page=built_page, frame_ancestors=around, CHAT_MODEL_RETRIES="0") as stack,
    ):
        # Another site than the one around it: the names differ.
        framed["src"] = stack.page_url.replace(LOOPBACK, "localhost")
        if not storage:
            await visitor.add_init_script(f"if (window !== top) {{ {NO_STORAGE} }}")
        page = await visitor.new_page()
        record = Record()
        record.watch(page)
        await page.goto(around)
        frame = page.frame_locator("iframe")
        stack.openai.scripts.append(answer("In a frame."))
        message = frame.get_by_label("Message", exact=True)
        await message.fill("Where are you?")
        await message.press("Enter")

        await expect(frame.get_by_role("article", name="Answer")).to_contain_text("In a frame.")
        await frame.get_by_role("button", name="Settings").click()
        await frame.get_by_role("menuitemradio", name="Dark").click()
        await expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
        assert record.complaints == []
        assert len(record.websockets) == 1


async def test_nobody_elses_frame_shows_the_page(
    server: Server, built_page: Path, visitor: BrowserContext
) -> None:
    async with (
        site_with_frame() as (around, framed),
        open_stack(server, page=built_page, frame_ancestors="https://app.example.org") as stack,
    ):
        framed["src"] = stack.page_url.replace(LOOPBACK, "localhost")
        page = await visitor.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        await page.goto(around)

        await until_refused(page, refused)
        await expect(page.frame_locator("iframe").get_by_label("Message")).to_have_count(0)


async def until_refused(page: Page, told: list[str]) -> None:
    """Wait until the browser says that it does not show the frame."""
    if not any("frame-ancestors" in text for text in told):
        await page.wait_for_event("console", lambda message: "frame-ancestors" in message.text)


@asynccontextmanager
async def site_with_frame() -> AsyncIterator[tuple[str, dict[str, str]]]:
    """Serve a page of somebody else that shows in a frame what ``src`` says."""
    framed: dict[str, str] = {}

    async def serve(_request: web.Request) -> web.Response:
        body = f'<!doctype html><title>Around</title><iframe width=900 height=600 src="{framed["src"]}">'
        return web.Response(text=body, content_type="text/html")

    async def serve_picture(_request: web.Request) -> web.Response:
        return web.Response(content_type="image/x-icon")

    app = web.Application()
    app.router.add_get("/", serve)
    # Or the browser asks for a picture, and says that there is none.
    app.router.add_get("/favicon.ico", serve_picture)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    (port,) = unused_ports(1)
    await web.TCPSite(runner, LOOPBACK, port).start()
    try:
        yield f"http://{LOOPBACK}:{port}", framed
    finally:
        await runner.cleanup()


@asynccontextmanager
async def nginx_in_front(stack: Stack, page: Path, folder: Path) -> AsyncIterator[None]:
    """Serve the page as its container does, and that beneath ``/chat/`` as the documentation says."""
    need_programs("nginx")
    (inner_port,) = unused_ports(1)
    configuration = configure(folder, page, stack, inner_port)
    command = [str(word) for word in nginx_command(folder, configuration)]
    nginx = Child("nginx", command, {}, f"http://{LOOPBACK}:{inner_port}/", folder / "nginx.log")
    try:
        await nginx.start()
        yield
    finally:
        await nginx.stop()


def configure(folder: Path, page: Path, stack: Stack, inner_port: int) -> Path:
    """Write nginx's configuration; return its file."""
    folder.chmod(0o755)  # Where we are root, its workers are somebody else.
    (folder / "resolver.conf").write_text("resolver 127.0.0.1;\n")
    (folder / "frame_ancestors.conf").write_text("map '' $frame_ancestors { default \"'none'\"; }\n")
    inner = (PROJECT / "frontend" / "nginx.conf").read_text()
    for place, here in {
        "listen 9000;": f"listen 127.0.0.1:{inner_port};",
        "centrifugo:8000": urlsplit(stack.url).netloc,
        "/tmp/": f"{folder}/",
        # The last, since where the page is may look like any of these.
        "/usr/share/nginx/html": str(page),
    }.items():
        assert place in inner, place
        inner = inner.replace(place, here)
    documented = location_of((PROJECT / "docs" / "operating.md").read_text("utf-8"))
    location = documented.replace("127.0.0.1:9000", f"127.0.0.1:{inner_port}")
    outer = f"server {{ listen 127.0.0.1:{urlsplit(stack.page_url).port}; {location} }}"
    configuration = folder / "nginx.conf"
    configuration.write_text(f"daemon off;\n{inner.rstrip().removesuffix('}')}\n{outer}\n}}\n")
    return configuration


def location_of(documentation: str) -> str:
    """Return the part of nginx's configuration that the documentation shows for a path."""
    found = re.search(r"```nginx\n(location = /chat \{.*?)```", documentation, re.DOTALL)
    assert found
    return found[1]
