"""Somebody else's ids, in every field of every method, and one's own ids in every other spelling."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.client import ChatClient, new_id
from tests.stack import Stack

from .answers import asked
from .hostile import Victim, outcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def victim(running_stack: Stack) -> AsyncIterator[Victim]:
    """Somebody with a finished conversation, connected all the time."""
    async with running_stack.client() as client:
        yield await Victim.of(client)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def thief(running_stack: Stack) -> AsyncIterator[Victim]:
    """Somebody else, with a conversation of their own."""
    async with running_stack.client() as client:
        yield await Victim.of(client)


FOREIGN: dict[str, tuple[str, Json]] = {
    "send into a conversation": ("chat:send", {"conversation": "conversation"}),
    "send under a prompt": ("chat:send", {"parent": "message"}),
    "send under an answer": ("chat:send", {"parent": "reply"}),
    "send into the own conversation under a foreign answer": (
        "chat:send",
        {"conversation": "own conversation", "parent": "reply"},
    ),
    "send into a foreign conversation under the own answer": (
        "chat:send",
        {"conversation": "conversation", "parent": "own reply"},
    ),
    "send into a conversation and stop what runs there": (
        "chat:send",
        {"conversation": "conversation", "if_busy": "=stop"},
    ),
    "answer a prompt anew": ("chat:regenerate", {"message": "reply"}),
    "answer a prompt anew and stop what runs there": (
        "chat:regenerate",
        {"message": "reply", "if_busy": "=stop"},
    ),
    "go on with an answer": ("chat:continue", {"message": "reply"}),
    "go on with an answer and stop what runs there": (
        "chat:continue",
        {"message": "reply", "if_busy": "=stop"},
    ),
    "stop a run": ("chat:stop", {"run": "run"}),
    "look at a run": ("chat:run", {"run": "run"}),
    "report a mismatch of a run": ("chat:run", {"run": "run", "mismatch": True}),
    "sync a conversation": ("chat:sync", {"conversation": "conversation"}),
    "read a conversation": ("chat:conversation", {"conversation": "conversation"}),
    "read the own conversation before a foreign message": (
        "chat:conversation",
        {"conversation": "own conversation", "before": "message"},
    ),
    "read a foreign conversation before the own message": (
        "chat:conversation",
        {"conversation": "conversation", "before": "own reply"},
    ),
    "rename a conversation": ("chat:rename", {"conversation": "conversation", "title": "=Mine"}),
    "delete a conversation": ("chat:delete", {"conversation": "conversation"}),
    "restore a conversation": ("chat:restore", {"conversation": "conversation"}),
    "show another branch": ("chat:select", {"conversation": "conversation", "message": "message"}),
    "show a foreign message in the own conversation": (
        "chat:select",
        {"conversation": "own conversation", "message": "message"},
    ),
    "show the own message in a foreign conversation": (
        "chat:select",
        {"conversation": "conversation", "message": "own reply"},
    ),
    "name a conversation as an answer": ("chat:regenerate", {"message": "conversation"}),
    "name a run as an answer": ("chat:continue", {"message": "run"}),
    "name a message as a conversation": ("chat:conversation", {"conversation": "message"}),
    "name a run as a conversation": ("chat:delete", {"conversation": "run"}),
    "name a conversation as a run": ("chat:stop", {"run": "conversation"}),
    "name a message as a run": ("chat:run", {"run": "reply"}),
    "name a client_message_id as a run": ("chat:stop", {"run": "name"}),
    "name a user as a conversation": ("chat:conversation", {"conversation": "user"}),
    "name a channel as a conversation": ("chat:sync", {"conversation": "channel"}),
}


@pytest.mark.parametrize("name", FOREIGN)
async def test_what_is_not_ones_own_is_not_there(
    stack: Stack, victim: Victim, thief: Victim, name: str
) -> None:
    method, fields = FOREIGN[name]
    known = victim.ids | {f"own {kind}": value for kind, value in thief.ids.items()}
    known |= {"user": victim.client.welcome["user"], "channel": victim.client.welcome["channel"]}
    data = {field: filled(value, known) for field, value in fields.items()}
    if method in {"chat:send", "chat:regenerate", "chat:continue"}:
        data |= {"client_message_id": new_id(), "text": "Mine"}
    before = stack.service.rows()

    assert await outcome(thief.client.rpc(method, data)) == 1404

    assert stack.service.grown_since(before) == {}
    assert asked(stack, "Mine") == []
    await victim.assert_untouched()
    await thief.assert_untouched()


def filled(value: Any, known: Json) -> Any:
    """Return a value as it stands after ``=``, or what is known by that name."""
    if not isinstance(value, str):
        return value
    return value[1:] if value.startswith("=") else known[value]


async def test_a_foreign_client_message_id_stops_nothing(stack: Stack) -> None:
    async with stack.client() as owner, stack.client() as thief:
        name = new_id()
        stack.openai.scripts.clear()
        sent = await owner.send("rate:100 tokens:60 please", client_message_id=name)
        await owner.begun(sent.run)

        # It is a name of the thief's own, which nothing was sent under yet.
        assert await thief.rpc("chat:stop", {"client_message_id": name}) == {"run": None}

        assert (await owner.ended(sent.run)).status == "completed"


async def test_a_cursor_of_somebody_elses_list_lists_ones_own(stack: Stack, thief: Victim) -> None:
    async with stack.client() as owner:
        for _ in range(2):
            await Victim.of(owner)
        cursor = (await owner.rpc("chat:conversations", {"limit": 1}))["next"]
        assert cursor

        page = await thief.client.rpc("chat:conversations", {"cursor": cursor, "limit": 100})

    assert {conversation["id"] for conversation in page["conversations"]} <= {thief.ids["conversation"]}


SPELLINGS: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "without hyphens": lambda name: name.replace("-", ""),
    "in braces": lambda name: f"{{{name}}}",
    "as a URN": lambda name: f"urn:uuid:{name}",
    "a blank before it": lambda name: f" {name}",
    "a line end after it": lambda name: f"{name}\n",
    "NUL after it": lambda name: f"{name}\0",
    "a wildcard for its end": lambda name: f"{name[:-1]}%",
    "a wildcard for its last character": lambda name: f"{name[:-1]}_",
    "a zero-width blank in it": lambda name: f"{name[:8]}\u200b{name[8:]}",
    "digits of another script": lambda name: name.translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    "an SQL condition after it": lambda name: f"{name}' OR '1'='1",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_an_id_has_one_spelling(stack: Stack, victim: Victim, spelling: str) -> None:
    respelt = SPELLINGS[spelling]
    calls = {
        "chat:conversation": {"conversation": respelt(victim.ids["conversation"])},
        "chat:delete": {"conversation": respelt(victim.ids["conversation"])},
        "chat:restore": {"conversation": respelt(victim.ids["conversation"])},
        "chat:select": {
            "conversation": victim.ids["conversation"],
            "message": respelt(victim.ids["message"]),
        },
        "chat:regenerate": {"client_message_id": new_id(), "message": respelt(victim.ids["reply"])},
        "chat:continue": {"client_message_id": new_id(), "message": respelt(victim.ids["reply"])},
        "chat:run": {"run": respelt(victim.ids["run"])},
        "chat:stop": {"run": respelt(victim.ids["run"])},
    }

    outcomes = await asyncio.gather(*(outcome(victim.client.rpc(*call)) for call in calls.items()))

    assert outcomes == [1404] * len(calls)
    await victim.assert_untouched()


async def test_a_search_finds_only_ones_own(stack: Stack, victim: Victim, thief: Victim) -> None:
    for query in ("", "%", "_", "tokens", victim.text, victim.text[-12:]):
        found: Json = await thief.client.rpc("chat:conversations", {"query": query})
        ids = {conversation["id"] for conversation in found["conversations"]}
        assert ids <= {thief.ids["conversation"]}, query


async def test_a_session_that_changes_hands_holds_nothing_of_before(stack: Stack, victim: Victim) -> None:
    async with ChatClient.open(stack.url) as client:
        state = await client.rpc("chat:sync", {})

    assert (state["conversations"], state["runs"]) == ([], [])
