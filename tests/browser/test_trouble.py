"""When something fails: what is said, and what goes on by itself."""

import pytest
from playwright.async_api import BrowserContext, WebSocketRoute, expect

from tests.e2e.answers import asked, paced, prompt
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import Abort, Reply, Text, answer
from tests.stack import Stack

from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

AWAY = "The connection is away. Trying again…"


async def test_a_failed_answer_says_why_and_can_be_asked_again(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.extend([[Text("As far as "), Abort()], answer("All of it.")])

    await tab.send("Tell me")
    await tab.answered()
    await expect(tab.answers).to_contain_text("The connection to the model broke")
    assert await tab.answer_text() == "As far as "
    await tab.button("Ask again")

    await expect(tab.answers).to_contain_text("All of it.")
    await tab.answered()
    assert await tab.answer_text() == "All of it."
    await expect(tab.prompts).to_have_text(["Tell me"])
    await expect(tab.versions).to_have_accessible_name("Version 2 of 2")


async def test_what_the_provider_said_is_not_shown(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    error = {"message": "Incorrect API key provided: sk-secret", "code": "invalid_api_key"}
    stack.openai.scripts.append([Reply(401, {"error": error})])

    await tab.send("Hello?")
    await tab.answered()

    said = await tab.answers.text_content() or ""
    assert "sk-secret" not in said
    await expect(tab.page.get_by_role("button", name="Ask again")).to_be_visible()


async def test_an_outage_is_said_quietly_and_heals(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(connection_lost=True)
    text = prompt("tokens:6000")
    stack.openai.scripts.append(paced(text, 1000))
    await tab.send(text)
    await tab.begun()

    await stack.centrifugo.process.kill()
    await expect(tab.page.get_by_text(AWAY)).to_be_visible()
    await expect(tab.message).to_be_editable()
    await stack.centrifugo.process.start()

    await expect(tab.page.get_by_text(AWAY)).to_have_count(0)
    await tab.answered()
    assert await tab.answer_text() == expected_text(text)


async def test_a_prompt_of_an_outage_arrives_once(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(connection_lost=True)
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()
    text = prompt()

    await stack.centrifugo.process.kill()
    await tab.send(text)
    await expect(tab.page.get_by_text("Will be sent when the connection is back.")).to_be_visible()
    await tab.page.reload()
    await expect(tab.prompts).to_have_text([text])
    await stack.centrifugo.process.start()

    await tab.answered()
    assert await tab.answer_text() == expected_text(text)
    await expect(tab.prompts).to_have_text([text])
    assert len(asked(stack, text)) == 1


async def test_a_service_that_restarts_loses_nothing(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(reconnects=True)
    text = prompt()
    await stack.service.process.kill()

    await tab.send(text)
    await expect(tab.prompts).to_have_text([text])
    await stack.service.process.start()

    await tab.answered()
    assert await tab.answer_text() == expected_text(text)
    assert len(asked(stack, text)) == 1


async def test_a_connection_that_ended_for_good_can_begin_again(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(reconnects=True)
    await tab.send(prompt())
    await tab.answered()
    for channel in (await stack.centrifugo.api("channels", {}))["channels"]:
        await stack.centrifugo.api("disconnect", {"user": channel.partition("#")[2]})

    await expect(tab.page.get_by_text("The server ended this connection.")).to_be_visible()
    await expect(tab.message).to_be_editable()
    await tab.button("Connect again")

    await expect(tab.page.get_by_role("alert")).to_have_count(0)
    text = prompt()
    await tab.send(text)
    await tab.answered(2)
    assert await tab.answer_text() == expected_text(text)


async def test_who_has_too_many_cookies_hears_what_helps(
    visitor: BrowserContext, open_page: OpenPage
) -> None:
    """The service says 4502 where its settings let a front door send it headers; here the wire says it."""
    refused = False

    async def refuse_once(page_side: WebSocketRoute) -> None:
        nonlocal refused
        if refused:
            page_side.connect_to_server()
        else:
            refused = True
            await page_side.close(code=4502, reason="headers too large: clear cookies")

    await visitor.route_web_socket("**/connection/websocket", refuse_once)
    tab = await open_page(reconnects=True)

    alert = tab.page.get_by_role("alert")
    await expect(alert.get_by_role("paragraph")).to_have_text(
        "Your browser sends more cookies than the server takes. "
        "Clear the cookies of this site, then connect again."
    )
    await tab.button("Connect again")
    await expect(alert).to_have_count(0)
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()


async def test_a_prompt_that_is_refused_stays_and_says_why(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await expect(tab.page.get_by_text("fake-model")).to_be_visible()
    await tab.page.evaluate(
        """() => {
            const user = encodeURIComponent(localStorage.getItem("onesocket:user"));
            localStorage.setItem(`onesocket:of:${user}:onesocket:outbox:p1`, JSON.stringify(
                {id: "p1", thread: "new-1", text: "Who are you?", model: "a model that is not there"}));
        }"""
    )
    await tab.page.reload()

    await expect(tab.prompts).to_contain_text("Not sent.")
    await tab.message.fill("Being written")
    await tab.button("Edit")

    both = "Who are you?\n\nBeing written"
    await expect(tab.message).to_have_value(both)
    await expect(tab.prompts).to_have_count(0)
    await tab.page.reload()
    await expect(tab.message).to_have_value(both)
