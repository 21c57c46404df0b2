"""Tabs, devices and guests: who sees what, and who is still the same tomorrow."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

import pytest

from tests.client import ChatClient, RawConnection, TerminatedError
from tests.fakes.openai_server import expected_text
from tests.stack import Stack
from tests.stack.processes import until

from .answers import asked, prompt, send_paced

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_second_device_sees_the_prompt_and_the_answer(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        text = prompt()
        sent = await client.send(text)

        await second.ended(sent.run)

        assert second.text(sent.message["id"]) == text
        assert second.text(sent.reply["id"]) == expected_text(text)
        held = second.state.conversations[sent.conversation["id"]]
        assert held["title"]
        assert held["head"] == sent.reply["id"]
        assert (second.gaps, second.resyncs) == (0, 0)


@pytest.mark.timeout(120)
async def test_very_many_pages_of_one_user_all_come_back_though_that_is_too_much_at_once(
    stack: Stack,
) -> None:
    async with AsyncExitStack() as opened, stack.client() as first:
        pages = [await opened.enter_async_context(stack.client(first.token)) for _ in range(99)]
        text = prompt("tokens:200 rate:20")
        sent = await first.send(text)
        await asyncio.gather(*(page.begun(sent.run) for page in pages))

        await stack.centrifugo.restart_killed()
        everybody = [first, *pages]
        await asyncio.gather(
            *(page.until(lambda page=page: page.connections == 2 and page.subscribed) for page in everybody)  # type: ignore[misc]
        )
        for page in everybody:
            assert (await page.ended(sent.run)).text() == expected_text(text)


async def test_a_guest_is_the_same_guest_tomorrow(stack: Stack) -> None:
    async with stack.client() as client:
        first, token = client.welcome, client.token
        sent = await client.send(prompt())
        await client.ended(sent.run)
    assert token

    async with stack.client(token) as later:
        assert (later.welcome["user"], later.welcome["channel"]) == (first["user"], first["channel"])
        assert sent.conversation["id"] in later.state.conversations
        renewed = later.token
    async with stack.client(renewed) as after_renewal:
        assert after_renewal.welcome["user"] == first["user"]


async def test_a_guest_without_a_token_is_a_new_one(stack: Stack) -> None:
    async with stack.client() as client, stack.client() as other:
        assert client.welcome["user"] != other.welcome["user"]
        assert client.welcome["channel"] == f"chat:#{client.welcome['user']}"


async def test_the_connect_reply_says_what_the_page_needs(stack: Stack) -> None:
    async with stack.client() as client:
        welcome = client.welcome
    assert welcome["v"] == 1
    assert [model["id"] for model in welcome["models"]] == ["fake-model"]
    assert welcome["models"][0]["default"] is True
    assert {"prompt", "runs"} <= welcome["limits"].keys()
    assert {"name", "version"} <= welcome["server"].keys()


@pytest.mark.parametrize("forgery", ["another user", "cut", "nonsense", "empty signature", "no text"])
async def test_a_forged_token_is_refused_for_good(stack: Stack, forgery: str) -> None:
    async with stack.client(subscribe=False) as client:
        token, user = client.token or "", client.welcome["user"]
    async with stack.client(subscribe=False) as other:
        foreign = other.token or ""
    before = stack.service.rows()
    forged: dict[str, object] = {
        "another user": _mixed(token, foreign),
        "cut": token[:-6],
        "nonsense": "let me in",
        "empty signature": token.rpartition(".")[0] + ".",
        "no text": {"user": user},
    }

    with pytest.raises(TerminatedError) as refused:
        async with ChatClient.open(stack.url, forged[forgery]):  # type: ignore[arg-type]
            pass

    assert refused.value.code == 4501
    assert 0 < len(refused.value.reason.encode()) <= 32
    assert stack.service.grown_since(before) == {}


def _mixed(token: str, foreign: str) -> str:
    """Join one token's claims with another one's signature."""
    body, _, signature = foreign.rpartition(".")
    own_body, _, own_signature = token.rpartition(".")
    assert body != own_body
    assert signature != own_signature
    return f"{body}.{own_signature}"


async def test_many_guests_at_once_see_nothing_of_each_other(stack: Stack) -> None:
    async with AsyncExitStack() as opened:
        clients = [await opened.enter_async_context(stack.client()) for _ in range(12)]
        watching = [
            await opened.enter_async_context(RawConnection.open(stack.url, {"v": 1, "token": client.token}))
            for client in clients
        ]
        for watcher in watching:
            assert "error" not in await watcher.subscribe()
        texts = [prompt("tokens:400 rate:200") for _ in clients]

        sent = await asyncio.gather(*(client.send(text) for client, text in zip(clients, texts, strict=True)))
        for client, each in zip(clients, sent, strict=True):
            await client.ended(each.run)

        for client, watcher, each, text in zip(clients, watching, sent, texts, strict=True):
            assert client.text(each.reply["id"]) == expected_text(text)
            await watcher.until(partial(_ended, watcher.publications))
            assert _conversations(watcher.publications) == {each.conversation["id"]}
            assert set(client.state.conversations) == {each.conversation["id"]}
            assert len(asked(stack, text)) == 1


def _ended(publications: Sequence[dict[str, object]]) -> bool:
    return any("run-end" in str(publication["data"]) for publication in publications)


def _conversations(publications: Sequence[dict[str, object]]) -> set[str]:
    """Return the conversations that publications speak of."""
    found = set()
    for publication in publications:
        data = publication["data"]
        assert isinstance(data, dict)
        match data["type"]:
            case "run":
                found.add(data["conversation"])
            case "message":
                found.add(data["message"]["conversation"])
            case "conversation":
                found.add(data["conversation"]["id"])
    return found


async def test_several_answers_of_one_guest_stream_at_once(stack: Stack) -> None:
    async with stack.client() as client:
        sent = [await send_paced(stack, client, 1_000, 1_000) for _ in range(4)]

        for each, expected in sent:
            await client.ended(each.run)
            assert client.text(each.reply["id"]) == expected
        assert (client.gaps, client.mismatches) == (0, 0)


async def test_a_connection_that_outlives_its_lifetime_is_renewed_unnoticed(stack: Stack) -> None:
    async with stack.client() as client:

        async def renewed() -> bool:
            return await stack.centrifugo.proxy_calls("refresh") > before

        before = await stack.centrifugo.proxy_calls("refresh")
        await until(renewed, 15, "the refresh proxy to be called")
        sent = await client.send(prompt())

        assert (await client.ended(sent.run)).status == "completed"
        assert client.connections == 1
