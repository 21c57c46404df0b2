"""The example of docs/your-own-page.md: built as a team would build it, and used."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.fakes.openai_steps import DONE, Finish, Script, Text, Wait
from tests.stack import Server, Stack, open_stack
from tests.stack.processes import PROJECT

from .chat_page import Record

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = PROJECT / "docs" / "your-own-page.md"
FRONTEND = PROJECT / "frontend"


@pytest.fixture(scope="session")
def own_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built example."""
    if not (FRONTEND / "node_modules" / "vite").exists():
        pytest.skip("vite is not installed: run `npm ci` in frontend/")
    folder = tmp_path_factory.mktemp("own-page")
    example = dict(
        re.findall(r"^```(html|ts)\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
    (folder / "index.html").write_text(example["html"], "utf-8")
    (folder / "main.ts").write_text(example["ts"], "utf-8")
    for name in ("core", "markdown"):
        shutil.copytree(FRONTEND / "src" / name, folder / name)
    (folder / "node_modules").symlink_to(FRONTEND / "node_modules")
    for command in (
        ["typescript/bin/tsc", "--noEmit", "-p", str(_configuration(folder))],
        ["vite/bin/vite.js", "build", "--base=./", "--assetsInlineLimit=0", "--logLevel=warn"],
    ):
        program = FRONTEND / "node_modules" / command[0]
        done = subprocess.run(
            ["node", program, *command[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


def _configuration(folder: Path) -> Path:
    """Check the example as strictly as the page is checked."""
    file = folder / "tsconfig.json"
    shutil.copy(FRONTEND / "tsconfig.json", file)
    file.write_text(file.read_text("utf-8").replace('"include": ["src"]', '"include": ["main.ts"]'), "utf-8")
    return file


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def own_stack(server: Server, own_page: Path) -> AsyncIterator[Stack]:
    """The product with the example as its page."""
    async with open_stack(server, page=own_page) as stack:
        yield stack


async def test_the_example_streams_markdown_and_resumes(own_stack: Stack, visitor: BrowserContext) -> None:
    go_on, end = asyncio.Event(), asyncio.Event()
    script: Script = [
        Text("A *small* "),
        Wait(go_on),
        Text("list:\n\n- one\n- t"),
        Wait(end),
        Text("wo\n"),
        Finish(),
        DONE,
    ]
    own_stack.openai.scripts.append(script)
    record = Record()
    page = await visitor.new_page()
    record.watch(page)
    await page.goto(own_stack.page_url)
    articles = page.get_by_role("log").get_by_role("article")

    await page.get_by_label("Message", exact=True).fill("Show me **a list**")
    await page.get_by_role("button", name="Send").click()
    await expect(articles.last).to_have_text("A small")
    go_on.set()
    await expect(articles.last.get_by_role("listitem")).to_have_text(["one", "t"])
    await page.reload()
    await expect(articles.last.get_by_role("listitem")).to_have_text(["one", "t"])
    end.set()

    await expect(articles.last.get_by_role("listitem")).to_have_text(["one", "two"])
    await expect(articles.last.locator("em")).to_have_text("small")
    await expect(articles.first.locator("strong")).to_have_text("a list")
    await expect(articles).to_have_count(2)
    assert len(own_stack.openai.requests) == 1
    await _send_again(page, own_stack)
    assert record.complaints == []


async def _send_again(page: Page, stack: Stack) -> None:
    """The conversation goes on after a reload."""
    stack.openai.scripts.append([Text("Gladly."), Finish(), DONE])
    await page.get_by_label("Message", exact=True).fill("Thanks")
    await page.get_by_role("button", name="Send").click()

    await expect(page.get_by_role("article")).to_have_text(
        ["Show me a list", "A small list:onetwo", "Thanks", "Gladly."]
    )
    await expect(page.get_by_role("status")).to_have_text("")
