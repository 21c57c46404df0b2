"""Only the server writes, and a guest's channel is that guest's alone."""

import pytest

from tests.client import ChatClient, RawConnection, RpcError, new_id
from tests.stack import Stack

from .answers import asked, prompt, read_all, send_paced, text_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUSED = {103, 108}
"""Centrifugo's "permission denied" and "not available"."""


@pytest.mark.parametrize("owner", ["own", "foreign"])
@pytest.mark.parametrize("command", ["publish", "history", "presence", "presence_stats"])
async def test_clients_can_only_subscribe(stack: Stack, command: str, owner: str) -> None:
    async with stack.client() as other, RawConnection.open(stack.url) as raw:
        assert "error" not in await raw.subscribe()
        channel = (raw.welcome if owner == "own" else other.welcome)["channel"]
        data = {"data": {"type": "conversation"}} if command == "publish" else {}

        reply = await raw.command({command: {"channel": channel, **data}})

        assert reply["error"]["code"] in REFUSED
        assert await stack.centrifugo.history(channel) == []


SPELLINGS = [
    "chat:#{other}",
    "chat:#{other},{me}",
    "chat:#{me},{other}",
    "chat:#{other}#{me}",
    "chat:#{me}#{other}",
    "chat:{other}#{me}",
    "chat:{other}",
    "chat:{other}#",
    "chat:#",
    "chat:# {other}",
    "chat:#{other} ",
    "chat:#{other}\n",
    "chat:#{other}\u0000",
    "chat:#{OTHER}",
    "chat:%23{other}",
    "chat::#{other}",
    "chat:chat:#{other}",
    "CHAT:#{other}",
    "Chat:#{other}",
    " chat:#{other}",
    "$chat:#{other}",
    "#{other}",
    "{other}",
    ":#{other}",
    "chat#{other}",
    "personal:#{other}",
    "chat:＃{other}",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_another_guests_channel_stays_closed_however_it_is_spelt(stack: Stack, spelling: str) -> None:
    async with stack.client() as owner, RawConnection.open(stack.url) as raw:
        other, me = owner.welcome["user"], raw.welcome["user"]
        channel = spelling.format(other=other, me=me, OTHER=other.swapcase())
        if channel == owner.welcome["channel"]:
            assert spelling in {SPELLINGS[0], "chat:#{OTHER}"}

        reply = await raw.subscribe(channel)
        sent = await owner.send(prompt("tokens:50"))
        await owner.ended(sent.run)
        # An answer to a later command: what would have leaked has arrived before it.
        assert "rpc" in await raw.rpc("chat:sync", {})

        assert raw.publications == []
        if channel == owner.welcome["channel"]:
            assert reply["error"]["code"] == 103


async def test_a_refused_channel_does_not_harm_the_connection(stack: Stack) -> None:
    async with stack.client() as owner, RawConnection.open(stack.url) as raw:
        assert (await raw.subscribe(owner.welcome["channel"]))["error"]["code"] == 103
        assert "error" not in await raw.subscribe()
        assert "rpc" in await raw.rpc("chat:sync", {})


async def test_nothing_of_another_guest_can_be_touched(stack: Stack) -> None:
    async with stack.client() as owner, stack.client() as thief:
        sent, expected = await send_paced(stack, owner, 1_000, 1_000)
        conversation, run = sent.conversation["id"], sent.run
        await owner.begun(run)
        before = stack.service.rows()
        attempts = {
            "chat:stop": {"run": run},
            "chat:run": {"run": run},
            "chat:conversation": {"conversation": conversation},
            "chat:rename": {"conversation": conversation, "title": "mine"},
            "chat:delete": {"conversation": conversation},
            "chat:restore": {"conversation": conversation},
            "chat:select": {"conversation": conversation, "message": sent.message["id"]},
            "chat:regenerate": {"client_message_id": new_id(), "message": sent.reply["id"]},
            "chat:continue": {"client_message_id": new_id(), "message": sent.reply["id"]},
            "chat:send": {"client_message_id": new_id(), "text": "Hi", "conversation": conversation},
            "chat:sync": {"conversation": conversation},
        }

        for method, request in attempts.items():
            assert await refusal(thief, method, request) == 1404, method
        foreign_parent = {"client_message_id": new_id(), "text": "Hi", "parent": sent.message["id"]}
        assert await refusal(thief, "chat:send", foreign_parent) == 1404

        # The owner's own answer goes on, and may be checkpointed meanwhile.
        assert stack.service.grown_since(before).keys() <= {"run_texts"}
        assert (await owner.ended(run)).status == "completed"
        assert owner.text(sent.reply["id"]) == expected
        kept = await read_all(owner, conversation)
        assert [text_of(message) for message in kept] == [sent.message["parts"][0]["text"], expected]
        assert owner.state.conversations[conversation]["title"] != "mine"
        assert thief.state.conversations == {}
        assert asked(stack, "Hi") == []


async def test_the_same_client_message_id_of_two_guests_are_two_messages(stack: Stack) -> None:
    async with stack.client() as client, stack.client() as other:
        text, name = prompt(), new_id()
        first = await client.send(text, client_message_id=name)
        second = await other.send(text, client_message_id=name)

        assert not second.duplicate
        assert first.message["id"] != second.message["id"]
        for each, sent in ((client, first), (other, second)):
            assert (await each.ended(sent.run)).status == "completed"


async def refusal(client: ChatClient, method: str, request: dict[str, object]) -> int:
    """Call a method that must be refused; return the code."""
    with pytest.raises(RpcError) as refused:
        await client.rpc(method, request)
    assert not refused.value.temporary
    return refused.value.code
