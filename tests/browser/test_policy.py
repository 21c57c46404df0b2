"""One socket, nothing else; and nothing that anybody wrote becomes more than text."""

import pytest
from playwright.async_api import expect

from tests.e2e.answers import prompt
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import DONE, Finish, Reasoning, Text
from tests.stack import Stack

from .chat_page import eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAZY = {"highlight", "math", "Temml"}
"""Files of ours that are fetched when the first piece of code or the first formula is there."""

HOSTILE = (
    '<img src=x onerror="document.title=`taken`"><script>document.title="taken"</script>'
    "<b>bold</b> &amp; [link](javascript:alert(1)) ![picture](https://example.org/x.png) <!-- {{x}} ${y}"
)


async def test_there_is_one_websocket_and_after_loading_no_request_but_for_our_own_files(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()
    loaded = list(tab.record.requests)
    text = prompt("tokens:400")

    await tab.send(text)
    await tab.answered()
    await tab.choose("Rename")
    await tab.page.get_by_role("textbox", name="Title").fill("Another")
    await tab.page.keyboard.press("Enter")
    await expect(tab.conversations).to_have_text(["Another"])
    await tab.begin_new()
    await tab.conversations.first.click()
    await tab.answered()

    assert await tab.answer_text() == expected_text(text)
    assert all(url.startswith(f"{stack.page_url}/") for url in tab.record.requests)
    later = tab.record.requests[len(loaded) :]
    assert {url.rpartition("/")[2].partition("-")[0] for url in later} <= LAZY
    assert len(set(later)) == len(later)
    assert len(tab.record.websockets) == 1


async def test_the_page_asks_for_little(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()

    kinds = [url.removeprefix(stack.page_url).rpartition(".")[2] for url in tab.record.requests]
    assert sorted(kinds) == ["/", "css", "js"]


async def test_what_anybody_writes_stays_text(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append([Reasoning(HOSTILE), Text(HOSTILE), Finish(), DONE])

    await tab.send(HOSTILE)
    await tab.answered()
    await tab.choose("Rename")
    await tab.page.get_by_role("textbox", name="Title").fill(HOSTILE)
    await tab.page.keyboard.press("Enter")
    await expect(tab.conversations).to_have_text([HOSTILE])

    assert await tab.answer_text() == HOSTILE
    await expect(tab.prompts).to_have_text([HOSTILE])
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    await expect(tab.page.get_by_role("article").locator("img, script, b, iframe")).to_have_count(0)
    # The image of answer and thoughts, which nobody loads before it is pressed.
    links = tab.page.get_by_role("article").locator("a")
    await expect(links).to_have_text(["Open image: picture (example.org)"] * 2)
    await expect(tab.page).to_have_title(f"{HOSTILE} · Onesocket")


async def test_the_policy_holds(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()

    refused = await tab.page.evaluate(
        """() => {
            try { document.body.innerHTML = "<b>x</b>"; return null; } catch (error) { return error.name; }
        }"""
    )

    assert refused == "TypeError"

    async def told() -> bool:
        return any(complaint.startswith("policy violated:") for complaint in tab.record.complaints)

    # This is told last: nothing comes after it.
    await eventually(told, "the violation to be told")
    tab.record.complaints.clear()
