"""Conversations as a user finds them again: pages, branches, new titles, and gone for good."""

from typing import Any

import pytest

from tests.fakes.openai_steps import Stall, Text, answer

from .forms import EXAMPLES, form, reply_form
from .service import Service, run_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def pages(service: Service, **data: object) -> list[list[str]]:
    """Return the ids of all conversations, page by page."""
    found: list[list[str]] = []
    cursor: str | None = None
    while True:
        reply = await service.call("chat:conversations", {**data, "cursor": cursor})
        found.append([conversation["id"] for conversation in reply["conversations"]])
        cursor = reply["next"]
        if cursor is None:
            return found


async def branch(service: Service, conversation: str, limit: int) -> list[list[str]]:
    """Return the ids of the messages shown, page by page, the newest page first."""
    found: list[list[str]] = []
    before: str | None = None
    while True:
        data = {"conversation": conversation, "limit": limit, "before": before}
        reply = await service.call("chat:conversation", data)
        found.append([message["id"] for message in reply["messages"]])
        before = reply["next"]
        if before is None:
            return found


def event_of(reply: dict[str, Any]) -> dict[str, Any]:
    """Return what the caller's channel carries of a change."""
    return {"type": "conversation", "conversation": reply["conversation"]}


async def test_conversations_come_newest_first_in_pages(service: Service) -> None:
    ids = [(await service.send("tokens:1"))["conversation"]["id"] for _ in range(5)]

    assert await pages(service, limit=2) == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]
    assert await pages(service, limit=5) == [ids[::-1]]
    # One that is talked in moves to the front.
    await service.talk("tokens:1", conversation=ids[1])
    assert (await pages(service))[0][0] == ids[1]


async def test_a_page_that_is_turned_while_something_new_comes_misses_nothing(service: Service) -> None:
    ids = [(await service.send("tokens:1"))["conversation"]["id"] for _ in range(3)]
    first = await service.call("chat:conversations", {"limit": 2})
    await service.send("tokens:1")
    rest = await service.call("chat:conversations", {"limit": 2, "cursor": first["next"]})

    assert [conversation["id"] for conversation in rest["conversations"]] == [ids[0]]


async def test_the_branch_comes_newest_page_first_and_in_order(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    conversation = sent["conversation"]["id"]
    ids = [sent["message"]["id"], sent["reply"]["id"]]
    for _ in range(2):
        more, _ = await service.talk("tokens:1", conversation=conversation)
        ids += [more["message"]["id"], more["reply"]["id"]]

    assert await branch(service, conversation, 100) == [ids]
    assert await branch(service, conversation, 6) == [ids]
    assert await branch(service, conversation, 4) == [ids[2:], ids[:2]]
    assert await branch(service, conversation, 1) == [[name] for name in reversed(ids)]


async def test_a_page_before_a_message_has_to_name_one_of_the_conversation(service: Service) -> None:
    one, _ = await service.talk("tokens:1")
    other, _ = await service.talk("tokens:1")
    data = {"conversation": one["conversation"]["id"], "before": other["reply"]["id"]}

    assert (await service.refused("chat:conversation", data))["code"] == 1404
    data["before"] = one["message"]["id"]
    assert (await service.call("chat:conversation", data))["messages"] == []


async def test_a_page_has_the_form_of_the_contract(service: Service) -> None:
    service.openai.scripts.append(answer("Hi"))
    sent, _ = await service.talk()
    reply = await service.call("chat:conversation", {"conversation": sent["conversation"]["id"]})

    example = reply_form("chat:conversation")
    assert form(reply) == example
    assert form(await service.call("chat:conversations")) == {
        **reply_form("chat:conversations"),  # type: ignore[dict-item]
        "next": "NoneType",
    }
    assert reply["messages"][1]["model"] == "fake-model"


async def test_pages_are_cut_by_size_and_a_huge_message_travels_alone(service: Service) -> None:
    service.openai.scripts += [answer("x" * size) for size in (200_000, 300_000, 600_000, 100)]
    sent, _ = await service.talk("first")
    conversation = sent["conversation"]["id"]
    ids = [sent["message"]["id"], sent["reply"]["id"]]
    for _ in range(3):
        more, _ = await service.talk("more", conversation=conversation)
        ids += [more["message"]["id"], more["reply"]["id"]]

    found = await branch(service, conversation, 100)
    assert [name for page in reversed(found) for name in page] == ids
    assert found == [ids[6:], ids[5:6], ids[2:5], ids[:2]] or found == [ids[6:], ids[5:6], ids[3:5], ids[:3]]
    for before in (None, ids[6], ids[3]):
        data = {"conversation": conversation, "before": before}
        body = {"user": service.user, "method": "chat:conversation", "data": data}
        raw = await service.post("/centrifugo/rpc", body)
        assert len(raw.body) < 512 * 1024 or len(raw.json["result"]["data"]["messages"]) == 1


async def test_siblings_are_named_where_there_are_several(service: Service) -> None:
    first, _ = await service.talk("tokens:1")
    conversation = first["conversation"]["id"]
    edits = [first["message"]["id"]]
    for _ in range(2):
        edit, _ = await service.talk("tokens:1", conversation=conversation, parent=None)
        edits.append(edit["message"]["id"])
    follow_ups = []
    for _ in range(2):
        more, _ = await service.talk("tokens:1", conversation=conversation, parent=edit["reply"]["id"])
        follow_ups.append(more["message"]["id"])
    reply = await service.call("chat:conversation", {"conversation": conversation})

    assert [message.get("siblings") for message in reply["messages"]] == [edits, None, follow_ups, None]
    assert reply["messages"][2]["id"] == follow_ups[1]


async def test_a_new_title_is_told_to_everybody_once(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    conversation = sent["conversation"]["id"]
    service.centrifugo.published.clear()
    data = {"conversation": conversation, "title": "  A\nnew\x00 title\u2028 🙂 "}
    renamed = await service.call("chat:rename", data)
    again = await service.call("chat:rename", data)
    last = await service.call("chat:rename", data | {"title": "Another"})
    await service.centrifugo.until(lambda: (service.channel, event_of(last)) in service.centrifugo.published)

    assert form(renamed) == reply_form("chat:rename")
    assert renamed["conversation"]["title"] == "A new title 🙂"
    assert renamed["conversation"]["version"] > sent["conversation"]["version"]
    assert again == renamed
    # The place in the list is that of the last message.
    assert renamed["conversation"]["updated_at"] == sent["conversation"]["updated_at"]
    assert service.centrifugo.published == [
        (service.channel, event_of(renamed)),
        (service.channel, event_of(last)),
    ]


@pytest.mark.parametrize("title", ["", " \n\t\x00\u2028", "x" * 201, "🙂" * 101])
async def test_a_title_has_some_text_and_not_too_much(service: Service, title: str) -> None:
    sent = await service.send("tokens:1")
    data = {"conversation": sent["conversation"]["id"], "title": title}

    assert (await service.refused("chat:rename", data))["code"] == 1400


async def test_a_title_may_have_two_hundred_code_units(service: Service) -> None:
    sent = await service.send("tokens:1")
    for title in ("x" * 200, "🙂" * 100):
        renamed = await service.call(
            "chat:rename", {"conversation": sent["conversation"]["id"], "title": f" {title} "}
        )
        assert renamed["conversation"]["title"] == title


async def test_what_is_deleted_is_gone_for_everybody_and_stays_so(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    conversation = sent["conversation"]["id"]
    other, _ = await service.talk("tokens:1")
    service.centrifugo.published.clear()
    deleted = await service.call("chat:delete", {"conversation": conversation})
    again = await service.call("chat:delete", {"conversation": conversation})
    last = await service.call("chat:delete", {"conversation": other["conversation"]["id"]})
    await service.centrifugo.until(lambda: (service.channel, event_of(last)) in service.centrifugo.published)

    assert set(deleted["conversation"]) == set(EXAMPLES["replies"]["chat:delete"]["conversation"])
    assert deleted["conversation"]["deleted"] is True
    assert deleted["conversation"]["version"] > sent["conversation"]["version"]
    assert again == deleted
    assert service.centrifugo.published == [
        (service.channel, event_of(deleted)),
        (service.channel, event_of(last)),
    ]
    reply = await service.call("chat:sync")
    assert (reply["conversations"], reply["runs"]) == ([], [])
    gone: list[tuple[str, dict[str, Any]]] = [
        ("chat:conversation", {"conversation": conversation}),
        ("chat:sync", {"conversation": conversation}),
        ("chat:rename", {"conversation": conversation, "title": "T"}),
        ("chat:send", {"conversation": conversation, "client_message_id": "x", "text": "Hi"}),
        ("chat:run", {"run": run_of(sent)}),
    ]
    for method, data in gone:
        assert (await service.refused(method, data))["code"] == 1404


async def test_deleting_stops_what_is_being_written(service: Service) -> None:
    service.openai.scripts.append([Text("Hel"), Stall()])
    sent = await service.send()
    await service.centrifugo.arrived(run_of(sent), 1)
    await service.call("chat:delete", {"conversation": sent["conversation"]["id"]})
    client = await service.centrifugo.ended(run_of(sent))

    assert client.status == "cancelled"
    await service.openai.until_closed(service.openai.requests[0])


async def test_a_repeated_send_into_what_was_deleted_answers_what_became_of_it(service: Service) -> None:
    await service.talk("tokens:1", client_message_id="same")
    (listed,) = (await service.call("chat:conversations"))["conversations"]
    await service.call("chat:delete", {"conversation": listed["id"]})
    again = await service.send("tokens:1", client_message_id="same")

    assert again["duplicate"] is True
    assert again["conversation"]["deleted"] is True
