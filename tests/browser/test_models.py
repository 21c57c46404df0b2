"""Several models, one of them a demo: a connect reply that this stack would not give by itself."""

import json
from functools import partial
from typing import Any

import pytest
from playwright.async_api import BrowserContext, WebSocketRoute, expect

from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODELS: list[dict[str, Any]] = [
    {"id": "fake-model", "name": "Small", "default": True, "demo": True},
    {"id": "elsewhere", "name": "Large"},
]


async def test_a_demo_model_is_called_one(stack: Stack, visitor: BrowserContext, open_page: OpenPage) -> None:
    await visitor.route_web_socket("**/connection/websocket", offer_models)
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))

    await expect(tab.page.get_by_text("will answer: it is small, and often wrong.")).to_be_visible()
    await tab.send("Hi")
    await tab.answered()

    await expect(tab.answers).to_have_text("Yes.Smalldemo model")


async def test_a_model_whose_name_says_so_is_not_called_a_demo_twice(
    stack: Stack, visitor: BrowserContext, open_page: OpenPage
) -> None:
    models = [{**MODELS[0], "name": "Demo model"}]
    await visitor.route_web_socket("**/connection/websocket", partial(offer_models, models=models))
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))

    await expect(tab.page.get_by_text("will answer: it is small, and often wrong.")).to_be_visible()
    await tab.send("Hi")
    await tab.answered()

    await expect(tab.answers).to_have_text("Yes.Demo model")
    await expect(tab.page.get_by_text("demo model")).to_have_text(["Demo model", "Demo model"])
    hint = "A small model that shows how things work. It is often wrong."
    await expect(tab.page.get_by_title(hint)).to_have_text("Demo model")


async def test_the_chosen_model_is_asked(stack: Stack, visitor: BrowserContext, open_page: OpenPage) -> None:
    await visitor.route_web_socket("**/connection/websocket", offer_models)
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    choice = tab.page.get_by_role("combobox", name="Model")
    await choice.select_option(value="elsewhere")

    await tab.send("Hi")
    await expect(tab.prompts).to_contain_text("There is no such model.")
    await tab.button("Edit")
    await choice.select_option(value="fake-model")
    await tab.message.press("Enter")

    await tab.answered()
    await expect(tab.prompts).to_have_text(["Hi"])


async def test_another_answer_can_be_had_from_another_model(
    stack: Stack, visitor: BrowserContext, open_page: OpenPage
) -> None:
    await visitor.route_web_socket("**/connection/websocket", offer_models)
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Hi")
    await tab.answered()

    await tab.choose("Large", menu="Answer with another model")

    # This stack has no such model: what is asked for stands beside the answer that is there.
    refused = tab.page.get_by_role("article", name="Asked once more")
    await expect(refused).to_contain_text("There is no such model.")
    await tab.answered()
    assert await tab.answer_text() == "Yes."
    await tab.act(refused, "Dismiss")
    await expect(refused).to_have_count(0)


def offer_models(page_side: WebSocketRoute, models: list[dict[str, Any]] = MODELS) -> None:
    """Pass everything on, but put other models into the connect reply."""
    server_side = page_side.connect_to_server()

    def pass_on(message: str | bytes) -> None:
        replies = [json.loads(line) for line in str(message).splitlines()]
        for reply in replies:
            if "connect" in reply:
                reply["connect"]["data"]["models"] = models
        page_side.send("\n".join(json.dumps(reply) for reply in replies))

    server_side.on_message(pass_on)
