"""Nothing that axe-core finds: contrast, names, roles, in both colour schemes."""

import json
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.fakes.openai_steps import Abort, Reasoning, Text
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

    await tab.button("Delete")
    await expect(tab.page.get_by_role("dialog")).to_be_visible()
    assert await violations(tab.page, axe) == []


async def violations(page: Page, axe: str) -> list[str]:
    """Return what axe-core finds: the rule, and where."""
    await page.evaluate(axe)
    found = json.loads(await page.evaluate("axe.run().then((result) => JSON.stringify(result.violations))"))
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]
    ]
