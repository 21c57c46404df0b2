"""Titles that the model writes, as the product is delivered: every device is told, and search knows them."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from tests.client import ChatClient
from tests.fakes.openai_steps import answer
from tests.stack import Server, Stack, open_stack

from .answers import prompt

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def titling_stack(server: Server) -> AsyncIterator[Stack]:
    """A product whose model writes titles."""
    async with open_stack(server, CHAT_TITLES="on") as stack:
        yield stack


async def test_every_device_is_told_the_title(titling_stack: Stack) -> None:
    async with titling_stack.client() as client, titling_stack.client(client.token) as second:
        titling_stack.openai.scripts += [answer("Beavers do."), answer("**Who builds dams**")]
        sent = await client.send(prompt("tokens:5"))
        conversation = sent.conversation["id"]

        for device in (client, second):
            await device.until(partial(is_called, device, conversation, "Who builds dams"))

        found = await second.call("chat:conversations", {"query": "builds dam"})
        assert [each["id"] for each in found["conversations"]] == [conversation]
        assert found["matches"] == {}
        renamed = await second.call("chat:rename", {"conversation": conversation, "title": "Mine"})
        again = await client.send(prompt("tokens:5"), conversation)
        await client.ended(again.run)
        assert client.state.conversations[conversation]["title"] == "Mine"
        assert renamed["conversation"]["title"] == "Mine"
        assert len(titling_stack.openai.requests) == 3


def is_called(device: ChatClient, conversation: str, title: str) -> bool:
    """Tell whether a device knows a conversation by that title."""
    return device.state.conversations.get(conversation, {}).get("title") == title


async def test_an_answer_from_the_text_is_found_with_a_piece_of_it(titling_stack: Stack) -> None:
    async with titling_stack.client() as client, titling_stack.client() as stranger:
        text = "word " * 500 + "Überraschung! " + "word " * 500
        titling_stack.openai.scripts += [answer(text), answer("A title")]
        sent = await client.send(prompt("tokens:5"))
        await client.ended(sent.run)

        found = await client.call("chat:conversations", {"query": "UBERRASCH"})

        match = found["matches"][sent.conversation["id"]]
        assert match["message"] == sent.reply["id"]
        assert "Überraschung!" in match["snippet"]
        assert len(match["snippet"]) <= 200
        assert (await stranger.call("chat:conversations", {"query": "UBERRASCH"}))["conversations"] == []
