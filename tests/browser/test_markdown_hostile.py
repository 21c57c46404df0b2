"""Answers that mean ill: nothing is executed or fetched, and only links that are pressed lead away."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.fakes.openai_steps import DONE, Finish, Text
from tests.stack import Stack
from tests.stack.processes import PROJECT

from .conftest import OpenPage
from .test_policy import LAZY

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE: list[dict[str, Any]] = json.loads(
    (PROJECT / "frontend" / "tests" / "markdown" / "hostile.json").read_text("utf-8")
)
AT_ONCE = 20
"""Texts of one conversation: a user who sends more in so short a time is told to wait."""

INSPECT = """part => {
    const spaces = ["http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"];
    const forbidden = new Set(("audio base embed form iframe img link meta object script style svg template "
        + "textarea video").split(" "));
    const acts = ({ name, value }) =>
        /^on|^src|^xlink/.test(name) || (name === "style" && value.includes("url("));
    const isWrong = (each) => forbidden.has(each.localName) || !spaces.includes(each.namespaceURI)
        || [...each.attributes].some(acts);
    return {
        links: [...part.querySelectorAll("[href]")].map(link => link.getAttribute("href")),
        found: [...part.querySelectorAll("*")].filter(isWrong).map(each => each.outerHTML),
    };
}"""
"""Looks for links, and for whatever could do something."""


def pieces(text: str) -> list[Text]:
    """Cut a text as a model would, in at most fifty pieces."""
    step = max(3, len(text) // 50)
    return [Text(text[at : at + step]) for at in range(0, len(text), step)]


@pytest.mark.parametrize("first", range(0, len(HOSTILE), AT_ONCE))
async def test_nothing_is_executed_or_fetched(stack: Stack, open_page: OpenPage, first: int) -> None:
    tab = await open_page()
    await expect(tab.page.get_by_text("fake-model").first).to_be_visible()
    url = tab.page.url
    windows: list[Page] = []
    tab.page.context.on("page", lambda page: windows.append(page))
    tab.page.on("dialog", lambda dialog: tab.record.complaints.append(f"dialog: {dialog.message}"))

    for number, case in enumerate(HOSTILE[first : first + AT_ONCE], start=1):
        # What JSON can't say, a model can't either.
        text = case["text"].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        stack.openai.scripts.append([*pieces(text), Finish(), DONE])
        await tab.send(f"Case {number}")
        await tab.answered(number)
        assert await tab.answer_text() == text
        seen = await tab.answers.nth(-1).locator("[data-part=text]").evaluate(INSPECT)
        assert seen["found"] == [], case["name"]
        if "\ud800" not in case["text"]:
            assert seen["links"] == case["links"], case["name"]

    await idle(tab.page)
    assert tab.page.url.startswith(url.partition("#")[0] + "#/c/")
    assert windows == []
    assert all(request.startswith(f"{stack.page_url}/") for request in tab.record.requests)
    later = [request for request in tab.record.requests if "/assets/" in request][2:]
    assert {request.rpartition("/")[2].partition("-")[0] for request in later} <= LAZY
    assert await tab.page.evaluate("document.title") == "Case 1 · Onesocket"


async def test_a_link_that_is_pressed_opens_elsewhere_and_tells_nothing(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    target = f"{stack.page_url}/robots.txt"
    stack.openai.scripts.append(
        [Text(f"[press]({target}) and [below](#far-below)\n\n## Far below"), Finish(), DONE]
    )
    await tab.send("A link")
    await tab.answered()
    await tab.fragment()
    url = tab.page.url

    async with tab.page.context.expect_page() as opened:
        await tab.answers.get_by_role("link", name="press").click()
    other = await opened.value
    await other.wait_for_load_state()
    assert other.url == target
    assert await other.evaluate("[window.opener, document.referrer]") == [None, ""]
    await other.close()

    await tab.answers.get_by_role("link", name="below").click()
    assert tab.page.url == url


async def idle(page: Page) -> None:
    """Wait until the page has had time for what can wait."""
    await page.evaluate("new Promise(resolve => requestIdleCallback(resolve, { timeout: 2000 }))")
