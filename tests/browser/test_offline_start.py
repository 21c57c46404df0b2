"""A page that starts while nobody answers: it shows what was here last, says so, and catches up."""

import json

import pytest
from playwright.async_api import expect

from tests.e2e.answers import paced, prompt
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .chat_page import ChatPage, eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECALLED = "Not connected: showing what was here last. Trying again…"


async def kept(tab: ChatPage, text: str) -> None:
    """Wait until the browser holds a copy with this in it."""

    async def there() -> bool:
        copies = (
            "JSON.stringify(Object.entries(localStorage).filter(([key]) => key.includes('onesocket:last')))"
        )
        return text in str(json.loads(await tab.page.evaluate(copies)))

    await eventually(there, f"a copy of {text!r}")


async def test_what_was_here_last_is_shown_and_then_what_is(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(connection_lost=True)
    stack.openai.scripts.extend([answer("The first answer."), answer("The second answer.")])
    await tab.send("The first conversation")
    await tab.answered()
    first = await tab.fragment()
    await kept(tab, "The first answer.")
    await tab.begin_new()
    await tab.send("The second conversation")
    await tab.answered()
    await kept(tab, "The second answer.")
    token = await tab.token()

    await stack.centrifugo.process.kill()
    await tab.page.reload()
    await expect(tab.page.get_by_text(RECALLED)).to_be_visible()
    await expect(tab.conversations).to_have_text(["The second conversation", "The first conversation"])
    assert await tab.answer_text() == "The second answer."
    await tab.conversations.last.click()
    await expect(tab.answers).to_contain_text("The first answer.")
    assert await tab.answer_text() == "The first answer."
    await expect(tab.message).to_be_editable()

    await stack.centrifugo.process.start()
    await expect(tab.page.get_by_text(RECALLED)).to_have_count(0)
    async with stack.client(token) as client:
        await client.call("chat:rename", {"conversation": first.rpartition("/")[2], "title": "Renamed"})
    await expect(tab.conversations.last).to_have_text("Renamed")
    await expect(tab.conversations).to_have_count(2)


async def test_what_changed_meanwhile_replaces_what_was_kept(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(connection_lost=True)
    text = prompt("tokens:3000")
    stack.openai.scripts.append(paced(text, 600))
    await tab.send(text)
    await tab.begun(200)
    await tab.page.reload()  # What is known when the page goes is kept.
    await tab.begun(200)
    token = await tab.token()
    await kept(tab, text)

    context = tab.page.context
    await tab.page.close()
    offline = await open_page("/", context=context, connection_lost=True)
    await expect(offline.conversations).to_have_count(1)
    async with stack.client(token) as client:
        conversation = (await client.call("chat:sync", {}))["conversations"][0]["id"]
    await stack.centrifugo.process.kill()
    await offline.page.goto(f"{stack.page_url}/#/c/{conversation}")
    await offline.page.reload()
    await expect(offline.page.get_by_text(RECALLED)).to_be_visible()
    so_far = await offline.begun(100)
    assert expected_text(text).startswith((await offline.answer_text())[:so_far])

    await stack.centrifugo.process.start()
    await offline.answered()
    assert await offline.answer_text() == expected_text(text)


async def test_where_nothing_was_kept_only_the_connection_is_said(stack: Stack, open_page: OpenPage) -> None:
    await stack.centrifugo.process.kill()
    tab = await open_page(connection_lost=True)

    await expect(tab.page.get_by_text("Connecting…")).to_be_visible()
    await expect(tab.conversations).to_have_count(0)
    await expect(tab.message).to_be_editable()
    await stack.centrifugo.process.start()
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()


async def test_who_is_not_known_any_more_sees_nothing_of_what_was_kept(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page(connection_lost=True, reconnects=True)
    stack.openai.scripts.append(answer("A secret."))
    await tab.send("Somebody's prompt")
    await tab.answered()
    await kept(tab, "A secret.")
    await stack.centrifugo.process.kill()
    await tab.page.evaluate("localStorage.setItem('onesocket:token', 'x.y.z')")
    await tab.page.reload()
    await expect(tab.conversations).to_have_count(1)

    await stack.centrifugo.process.start()

    await expect(tab.page.get_by_text("The server does not know you any more.")).to_be_visible()
    await expect(tab.conversations).to_have_count(0)
    await expect(tab.answers).to_have_count(0)
    assert "A secret." not in await tab.page.evaluate("JSON.stringify({...localStorage})")
