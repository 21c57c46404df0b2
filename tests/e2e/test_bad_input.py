"""Bad input gets the typed error of the protocol, nothing of it is stored, and the service goes on."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.client import ChatClient, RawConnection, RpcError, new_id
from tests.fakes.openai_server import expected_text
from tests.stack import Stack

from .answers import asked, prompt, read_all, text_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
NOBODYS = "0190a000-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(loop_scope="session")
async def unchanged(stack: Stack) -> AsyncIterator[None]:
    """Check that a test stores nothing, and that prompts are answered after it."""
    before = stack.service.rows()
    yield
    assert stack.service.grown_since(before) == {}
    async with stack.client() as client:
        text = prompt()
        sent = await client.send(text)
        await client.ended(sent.run)
        assert client.text(sent.reply["id"]) == expected_text(text)


def send(**fields: object) -> Json:
    """Return a request of ``chat:send`` that is right but for the fields given; ``...`` leaves one out."""
    request: Json = {"client_message_id": new_id(), "text": "Hi there"} | fields
    return {name: value for name, value in request.items() if value is not ...}


def again(**fields: object) -> Json:
    """Return the wish for another answer, which is right but for the fields given, to a message of nobody."""
    return {"client_message_id": new_id(), "message": NOBODYS} | fields


REFUSED: dict[str, tuple[str, object, int]] = {
    "unknown method": ("chat:nope", {}, 1400),
    "method with more colons": ("chat:send:now", send(), 1400),
    "method in capitals": ("chat:SEND", send(), 1400),
    "data that is a list": ("chat:send", [send()], 1400),
    "data that is a string": ("chat:send", "Hi", 1400),
    "data that is a number": ("chat:send", 1, 1400),
    "no data": ("chat:send", None, 1400),
    "no text": ("chat:send", send(text=...), 1400),
    "text null": ("chat:send", send(text=None), 1400),
    "text that is a number": ("chat:send", send(text=1), 1400),
    "text that is an object": ("chat:send", send(text={"$ne": ""}), 1400),
    "text empty": ("chat:send", send(text=""), 1400),
    "no client_message_id": ("chat:send", send(client_message_id=...), 1400),
    "client_message_id null": ("chat:send", send(client_message_id=None), 1400),
    "client_message_id empty": ("chat:send", send(client_message_id=""), 1400),
    "client_message_id too long": ("chat:send", send(client_message_id="a" * 65), 1400),
    "client_message_id with a space": ("chat:send", send(client_message_id="a b"), 1400),
    "client_message_id with a line end": ("chat:send", send(client_message_id="ab\n"), 1400),
    "client_message_id in other digits": ("chat:send", send(client_message_id="٣"), 1400),
    "conversation that is a number": ("chat:send", send(conversation=1), 1400),
    "conversation that is a list": ("chat:send", send(conversation=[NOBODYS]), 1400),
    "conversation of nobody": ("chat:send", send(conversation=NOBODYS), 1404),
    "conversation with a quote": ("chat:send", send(conversation="' OR 1=1 --"), 1404),
    "conversation with NUL": ("chat:send", send(conversation="\u0000"), 1404),
    "parent of nobody": ("chat:send", send(parent=NOBODYS), 1404),
    "parent that is a number": ("chat:send", send(parent=1), 1400),
    "model of nobody": ("chat:send", send(model="gpt-nothing"), 1404),
    "model that is a number": ("chat:send", send(model=1), 1400),
    "if_busy unknown": ("chat:send", send(if_busy="wait"), 1400),
    "prompt above the limit": ("chat:send", send(text="a" * 32_001), 1413),
    "prompt above the limit in UTF-16": ("chat:send", send(text="𝒳" * 16_001), 1413),
    "a new answer to nobody's": ("chat:regenerate", again(), 1404),
    "a new answer to a number": ("chat:regenerate", again(message=1), 1400),
    "a new answer by nobody": ("chat:regenerate", again(model="gpt-nothing"), 1404),
    "a new answer with NUL": ("chat:regenerate", again(message="\u0000"), 1404),
    "a new answer without a name": ("chat:regenerate", {"message": NOBODYS}, 1400),
    "going on with nobody's": ("chat:continue", again(), 1404),
    "going on with a list": ("chat:continue", again(message=[NOBODYS]), 1400),
    "going on with a quote": ("chat:continue", again(message="' OR 1=1 --"), 1404),
    "going on and waiting": ("chat:continue", again(if_busy="wait"), 1400),
    "stop of nothing": ("chat:stop", {}, 1400),
    "stop of two things": ("chat:stop", {"run": NOBODYS, "client_message_id": "a"}, 1400),
    "stop of nobody's run": ("chat:stop", {"run": NOBODYS}, 1404),
    "stop of a number": ("chat:stop", {"run": 1}, 1400),
    "stop of a bad client_message_id": ("chat:stop", {"client_message_id": "a b"}, 1400),
    "run of nobody": ("chat:run", {"run": NOBODYS}, 1404),
    "run unnamed": ("chat:run", {}, 1400),
    "run with mismatch as text": ("chat:run", {"run": NOBODYS, "mismatch": "yes"}, 1400),
    "sync of nobody's conversation": ("chat:sync", {"conversation": NOBODYS}, 1404),
    "sync with a limit as text": ("chat:sync", {"limit": "5"}, 1400),
    "list with a limit as text": ("chat:conversations", {"limit": "5"}, 1400),
    "list with a broken limit": ("chat:conversations", {"limit": 2.5}, 1400),
    "list with a cursor of its own": ("chat:conversations", {"cursor": "%%%"}, 1400),
    "list with a cursor that is a number": ("chat:conversations", {"cursor": 1}, 1400),
    "list with a query that is a list": ("chat:conversations", {"query": []}, 1400),
    "conversation unnamed": ("chat:conversation", {}, 1400),
    "page of nobody's conversation": ("chat:conversation", {"conversation": NOBODYS}, 1404),
    "rename without a title": ("chat:rename", {"conversation": NOBODYS}, 1400),
    "rename of nobody's": ("chat:rename", {"conversation": NOBODYS, "title": "a"}, 1404),
    "delete of nobody's": ("chat:delete", {"conversation": NOBODYS}, 1404),
    "delete of everything": ("chat:delete", {}, 1400),
    "restore of nobody's": ("chat:restore", {"conversation": NOBODYS}, 1404),
    "restore of everything": ("chat:restore", {}, 1400),
    "branch of nobody's": ("chat:select", {"conversation": NOBODYS, "message": NOBODYS}, 1404),
    "branch through nothing": ("chat:select", {"conversation": NOBODYS}, 1400),
    "branch through a number": ("chat:select", {"conversation": NOBODYS, "message": 1}, 1400),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", REFUSED)
async def test_is_refused(stack: Stack, name: str) -> None:
    method, data, code = REFUSED[name]
    async with stack.client() as client:
        with pytest.raises(RpcError) as refused:
            await client.rpc(method, data)

    assert refused.value.code == code
    assert not refused.value.temporary
    assert refused.value.message[0].isupper()
    assert refused.value.message[-1] in ".!?"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", ["other:send", "send", "", ":send", "CHAT:send", "chat", "личный:send"])
async def test_methods_outside_the_namespace_are_answered_by_centrifugo(stack: Stack, method: str) -> None:
    async with RawConnection.open(stack.url) as raw:
        reply = await raw.rpc(method, send())

    assert reply["error"]["code"] in {104, 107, 108}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "frame",
    [
        '{"id": 2, "rpc": {"method": "chat:send", "data": {',
        "nonsense",
        "[]",
        '{"id": "two"}',
        "\x00",
        '{"id":2}',
    ],
    ids=["cut", "nonsense", "list", "id as text", "NUL", "no command"],
)
async def test_a_malformed_frame_ends_the_connection(stack: Stack, frame: str) -> None:
    async with RawConnection.open(stack.url) as raw:
        await raw.frame(frame)

        code, _ = await raw.closed()

    assert code == 3501


@pytest.mark.usefixtures("unchanged")
async def test_an_oversized_frame_ends_the_connection(stack: Stack) -> None:
    async with RawConnection.open(stack.url) as raw:
        await raw.frame(
            json.dumps({"id": 2, "rpc": {"method": "chat:send", "data": send(text="a" * 300_000)}})
        )

        code, _ = await raw.closed()

    assert code == 1009


@pytest.mark.usefixtures("unchanged")
async def test_deeply_nested_data_is_refused(stack: Stack) -> None:
    nested = "[" * 5_000 + "]" * 5_000
    async with RawConnection.open(stack.url) as raw:
        await raw.frame(f'{{"id": 9, "rpc": {{"method": "chat:send", "data": {{"text": {nested}}}}}}}')

        reply = await raw.reply(9)

    assert reply["error"]["code"] in {1400, 1413}


async def test_an_rpc_before_subscribing_works(stack: Stack) -> None:
    async with stack.client(subscribe=False) as client:
        text = prompt()
        sent = await client.send(text)
        assert (await client.rpc("chat:sync", {}))["conversations"][0]["id"] == sent.conversation["id"]

        await client.subscribe()

        assert (await client.ended(sent.run)).status == "completed"
        assert client.text(sent.reply["id"]) == expected_text(text)


@pytest.mark.usefixtures("unchanged")
async def test_an_rpc_before_connecting_is_refused(stack: Stack) -> None:
    async with RawConnection.open(stack.url, connect=False) as raw:
        await raw.frame(json.dumps({"id": 1, "rpc": {"method": "chat:send", "data": send()}}))

        code, _ = await raw.closed()

    assert code == 3501


@pytest.mark.parametrize(
    "text",
    ["a" * 32_000, "𝒳" * 16_000, "<b>&amp;</b>", "\u0000 and \u0007", "\u2028\u2029\ufeff", " \t\r\n"],
    ids=["longest", "longest in UTF-16", "markup", "control characters", "separators", "blanks"],
)
async def test_a_prompt_that_is_only_odd_is_kept_as_it_is(stack: Stack, text: str) -> None:
    stack.openai.scripts.clear()
    async with stack.client() as client:
        sent = await client.send(text)

        assert (await client.ended(sent.run)).status == "completed"
        kept = await read_all(client, sent.conversation["id"])
        assert text_of(kept[0]) == text == text_of(sent.message)
        assert asked(stack, text)


async def test_unpaired_surrogates_become_replacement_characters(stack: Stack) -> None:
    async with RawConnection.open(stack.url) as raw, stack.client() as client:
        request = send(text="a\ud83d b\ude00 c\ud83d\ude00")

        reply = await raw.rpc("chat:send", request)
        again = await raw.rpc("chat:send", request)

        message = reply["rpc"]["data"]["message"]
        assert text_of(message) == "a\ufffd b\ufffd c\U0001f600"
        assert again["rpc"]["data"]["duplicate"] is True
        await stack.openai.until(lambda: bool(asked(stack, "a\ufffd b\ufffd c\U0001f600")))
        sent = await client.send(prompt())
        await client.ended(sent.run)


async def test_unknown_fields_are_ignored(stack: Stack) -> None:
    async with stack.client() as client:
        reply = await client.rpc("chat:send", send(user="somebody else", v=2, run={"status": "failed"}))

        run = await client.ended(reply["reply"]["run"]["id"])

        assert run.status == "completed"
        assert "user" not in reply["message"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("data", ["text", [], 5, {"v": "one"}, {"v": 2}], ids=str)
async def test_a_connect_with_odd_data_does_not_crash(stack: Stack, data: object) -> None:
    async with RawConnection.open(stack.url, connect=False) as raw:
        await raw.frame(json.dumps({"id": 1, "connect": {"data": data}}))

        await raw.until(lambda: raw.replies or raw.close_code)

        answered = raw.replies.get(1, {})
        assert "connect" in answered or 4500 <= (raw.close_code or 0) < 5000


@pytest.mark.usefixtures("unchanged")
async def test_a_rename_above_the_limit_is_refused(stack: Stack) -> None:
    async with stack.client() as client:
        refused = await code_of(client, "chat:rename", {"conversation": NOBODYS, "title": "a" * 5_000})
    assert refused in {1400, 1413}


async def code_of(client: ChatClient, method: str, data: object) -> int:
    """Call a method that must be refused; return the code."""
    with pytest.raises(RpcError) as refused:
        await client.rpc(method, data)
    return refused.value.code
