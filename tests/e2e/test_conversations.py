"""The list of conversations and what is in them: names, deletion, pages."""

import asyncio
from typing import Any

import pytest

from tests.client import ChatClient, RpcError
from tests.stack import Stack

from .answers import prompt, read_all, send_paced, text_of, until_asked

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]


async def begin(client: ChatClient, text: str | None = None) -> Json:
    """Have a short conversation; return it."""
    sent = await client.send(text or prompt("tokens:2"))
    await client.ended(sent.run)
    return sent.conversation


async def test_a_conversation_is_named_after_its_first_line(stack: Stack) -> None:
    async with stack.client() as client:
        conversation = await begin(client, "What is a socket?\nTell me tokens:2 please.")

        assert conversation["title"] == "What is a socket?"


async def test_rename_is_seen_by_every_tab_and_may_be_repeated(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        conversation = await begin(client)
        request = {"conversation": conversation["id"], "title": "Sockets, 一つ"}

        renamed = (await client.rpc("chat:rename", request))["conversation"]
        again = (await second.rpc("chat:rename", request))["conversation"]

        assert renamed["title"] == again["title"] == "Sockets, 一つ"
        assert renamed["version"] > conversation["version"]
        for each in (client, second):
            held = each.state.conversations
            await each.until(lambda held=held: held[conversation["id"]]["title"] == "Sockets, 一つ")  # type: ignore[misc]


async def test_a_deleted_conversation_is_gone_for_every_tab(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        conversation, other = await begin(client), await begin(client)
        id_ = conversation["id"]

        deleted = (await client.rpc("chat:delete", {"conversation": id_}))["conversation"]

        assert deleted["deleted"] is True
        assert deleted["version"] > conversation["version"]
        await second.until(lambda: second.state.conversations[id_].get("deleted"))
        assert await listed(client) == [other["id"]]
        again = (await second.rpc("chat:delete", {"conversation": id_}))["conversation"]
        assert again["deleted"] is True
        for method in ("chat:conversation", "chat:rename"):
            with pytest.raises(RpcError) as refused:
                await client.rpc(method, {"conversation": id_, "title": "back"})
            assert refused.value.code == 1404
        with pytest.raises(RpcError) as refused:
            await client.send(prompt(), id_)
        assert refused.value.code == 1404


async def test_deleting_a_conversation_stops_its_run(stack: Stack) -> None:
    async with stack.client() as client:
        sent, _ = await send_paced(stack, client, 20_000, 1_000)
        request = await until_asked(stack, sent.message["parts"][0]["text"])
        await client.begun(sent.run)

        await client.rpc("chat:delete", {"conversation": sent.conversation["id"]})

        await stack.openai.until_closed(request)


async def listed(client: ChatClient, **request: object) -> list[str]:
    """Return the ids of all conversations, page by page."""
    found: list[str] = []
    cursor: Json = {}
    while True:
        page = await client.rpc("chat:conversations", request | cursor)
        found += [conversation["id"] for conversation in page["conversations"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def test_conversations_come_newest_first_page_by_page(stack: Stack) -> None:
    async with stack.client() as client:
        begun = [(await begin(client))["id"] for _ in range(5)]

        for limit in (1, 2, 3, 5, 50):
            assert await listed(client, limit=limit) == begun[::-1]
        page = await client.rpc("chat:conversations", {"limit": 2})
        assert len(page["conversations"]) == 2
        assert isinstance(page["next"], str)


async def test_a_conversation_that_is_used_again_comes_first(stack: Stack) -> None:
    async with stack.client() as client:
        first, second = await begin(client), await begin(client)

        sent = await client.send(prompt("tokens:2"), first["id"])
        await client.ended(sent.run)

        assert await listed(client) == [first["id"], second["id"]]


async def test_conversations_are_found_by_their_titles(stack: Stack) -> None:
    async with stack.client() as client:
        wanted = (await begin(client, "Über Sockets tokens:2"))["id"]
        percent = (await begin(client, "100% of_it tokens:2"))["id"]

        assert await listed(client, query="sockets") == [wanted]
        assert await listed(client, query="UBER SOCK") == [wanted]
        assert await listed(client, query="100% of") == [percent]
        assert await listed(client, query="%") == []
        assert await listed(client, query="nothing of that") == []


@pytest.mark.parametrize("limit", [-1, 0, 10**9])
async def test_a_limit_out_of_range_is_clamped(stack: Stack, limit: int) -> None:
    async with stack.client() as client:
        conversation = await begin(client)

        for method, list_ in [("chat:conversations", "conversations"), ("chat:sync", "conversations")]:
            reply = await client.rpc(method, {"limit": limit})
            assert [each["id"] for each in reply[list_]] == [conversation["id"]], method
        request = {"conversation": conversation["id"], "limit": limit}
        reply = await client.rpc("chat:conversation", request)
        assert 1 <= len(reply["messages"]) <= 2


async def test_messages_come_page_by_page_newest_page_first(stack: Stack) -> None:
    async with stack.client() as client:
        texts = [prompt("tokens:2") for _ in range(4)]
        conversation = (await begin(client, texts[0]))["id"]
        for text in texts[1:]:
            sent = await client.send(text, conversation)
            await client.ended(sent.run)
        whole = [message["id"] for message in await read_all(client, conversation)]
        assert len(whole) == 8

        for limit in (1, 3, 8):
            pages: list[list[str]] = []
            before: Json = {}
            while before is not None:
                reply = await client.rpc(
                    "chat:conversation", {"conversation": conversation, "limit": limit, **before}
                )
                pages.insert(0, [message["id"] for message in reply["messages"]])
                before = {"before": reply["next"]} if reply["next"] else None  # type: ignore[assignment]
            assert [len(page) for page in pages[1:]] == [limit] * (len(pages) - 1)
            assert [id_ for page in pages for id_ in page] == whole


async def test_a_message_too_long_for_a_publication_is_fetched(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        text = prompt("tokens:3") + " ж" * 15_900
        assert len(text.encode()) > 32_000
        most = client.welcome["limits"]["prompt"]
        text = text[:most]

        sent = await client.send(text)
        await second.ended(sent.run)

        await second.until(lambda: second.text(sent.message["id"]) == text)
        kept = await read_all(client, sent.conversation["id"])
        assert text_of(kept[0]) == text


async def test_long_conversations_are_paged_by_size_too(stack: Stack) -> None:
    async with stack.client() as client:
        conversation = None
        for _ in range(4):
            sent = await client.send(prompt("tokens:40000"), conversation)
            await client.ended(sent.run)
            conversation = sent.conversation["id"]

        page = await client.rpc("chat:conversation", {"conversation": conversation, "limit": 100})

        assert len(str(page).encode()) < 2 * 512 * 1024
        assert page["next"] is not None
        assert len(await read_all(client, conversation or "")) == 8


async def test_ten_new_conversations_at_once(stack: Stack) -> None:
    async with stack.client() as client:
        sent = await asyncio.gather(*(client.send(prompt()) for _ in range(10)))
        for each in sent:
            assert (await client.ended(each.run)).status == "completed"

        assert len({each.conversation["id"] for each in sent}) == 10
        assert sorted(await listed(client)) == sorted(each.conversation["id"] for each in sent)
