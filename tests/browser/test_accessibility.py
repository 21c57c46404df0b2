"""Nothing that axe-core finds: contrast, names, roles, in both colour schemes."""

import json
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.fakes.openai_steps import Abort, Reasoning, Stall, Text, answer
from tests.stack import Stack
from tests.stack.processes import PROJECT

from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = PROJECT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not Path(AXE).exists():
        pytest.skip("axe-core is not installed: run `npm ci` in frontend/")
    return AXE.read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(
    stack: Stack, open_page: OpenPage, axe: str, scheme: Literal["light", "dark"]
) -> None:
    tab = await open_page()
    await tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()
    assert await violations(tab.page, axe) == []

    stack.openai.scripts.append([Reasoning("Hm."), Text("As far as "), Abort()])
    await tab.send("Tell me")
    await tab.answered()
    await expect(tab.conversations).to_have_count(1)
    assert await violations(tab.page, axe) == []

    await tab.button("Conversation menu")
    assert await violations(tab.page, axe) == []
    await tab.page.get_by_role("menuitem", name="Rename").click()
    await expect(tab.page.get_by_role("dialog")).to_be_visible()
    assert await violations(tab.page, axe) == []
    await tab.page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_where_one_writes(
    stack: Stack, open_page: OpenPage, axe: str, scheme: Literal["light", "dark"]
) -> None:
    tab = await open_page()
    await tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    stack.openai.scripts.extend([answer("One."), answer("Two."), [Text("It goes on"), Stall()]])
    await tab.send("First")
    await tab.answered()
    await tab.edit(tab.prompts.first, "Otherwise")
    await expect(tab.answers).to_contain_text("Two.")
    await tab.page.get_by_role("button", name="fake-model").click()
    await tab.send("Second")
    await expect(tab.answers.last).to_contain_text("It goes on")
    await tab.message.fill("Third")
    await tab.page.get_by_text("Wait", exact=True).click()
    assert await violations(tab.page, axe) == []
    await tab.message.press("Enter")
    await expect(tab.prompts.last).to_contain_text("Waits for the answer to end.")
    await tab.act(tab.prompts.first, "Edit")
    await tab.message.fill("x" * 32_001)
    await expect(tab.page.get_by_text("characters too long")).to_be_visible()
    assert await violations(tab.page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_where_one_finds(
    stack: Stack, open_page: OpenPage, axe: str, scheme: Literal["light", "dark"]
) -> None:
    tab = await open_page()
    await tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    stack.openai.scripts.append(answer("Bread."))
    await tab.send("About bread")
    await tab.answered()
    field = tab.page.get_by_role("searchbox")

    await field.fill("bread")
    await expect(tab.conversations.locator("mark").first).to_be_visible()
    assert await violations(tab.page, axe) == []
    await field.fill("quantum")
    await expect(tab.page.get_by_text("Nothing found for “quantum”.")).to_be_visible()
    assert await violations(tab.page, axe) == []
    await field.fill("")

    await tab.button("Settings")
    assert await violations(tab.page, axe) == []
    await tab.page.get_by_role("menuitem", name="Keyboard shortcuts").click()
    await expect(tab.page.get_by_role("dialog")).to_be_visible()
    assert await violations(tab.page, axe) == []
    await tab.page.keyboard.press("Escape")

    await tab.choose("Delete")
    await expect(tab.page.get_by_role("button", name="Undo")).to_be_visible()
    assert await violations(tab.page, axe) == []
    await tab.page.set_viewport_size({"width": 390, "height": 700})
    await tab.button("Open the list of conversations")
    assert await violations(tab.page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_where_something_is_wrong(
    stack: Stack, open_page: OpenPage, axe: str, scheme: Literal["light", "dark"]
) -> None:
    tab = await open_page("/#/c/01890000-0000-7000-8000-000000000000", connection_lost=True)
    await tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await expect(tab.page.get_by_role("heading", name="This conversation does not exist")).to_be_visible()
    assert await violations(tab.page, axe) == []

    await stack.centrifugo.process.kill()
    await expect(tab.page.get_by_text("The connection is away. Trying again…")).to_be_visible()
    await tab.page.get_by_role("searchbox").fill("bread")
    await expect(tab.page.get_by_text("The search failed.")).to_be_visible(timeout=8000)
    assert await violations(tab.page, axe) == []
    await stack.centrifugo.process.start()


async def violations(page: Page, axe: str) -> list[str]:
    """Return what axe-core finds: the rule, and where."""
    await page.evaluate(axe)
    found = json.loads(await page.evaluate("axe.run().then((result) => JSON.stringify(result.violations))"))
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]
    ]
