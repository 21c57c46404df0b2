"""Which branch is shown, and deletions that are taken back."""

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.openai_steps import answer

from .forms import form, reply_form
from .service import Service, open_alone, run_of
from .test_answering import again, messages_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]


async def select(service: Service, sent: Json, message: str) -> Json:
    """Show the branch through a message."""
    data = {"conversation": sent["conversation"]["id"], "message": message}
    conversation: Json = (await service.call("chat:select", data))["conversation"]
    return conversation


async def test_the_branch_through_a_message_is_shown_down_to_its_newest_leaf(service: Service) -> None:
    first, _ = await service.talk("tokens:1")
    conversation = first["conversation"]["id"]
    second, _ = await service.talk("tokens:1", conversation=conversation)
    edit, _ = await service.talk("tokens:1", conversation=conversation, parent=first["reply"]["id"])
    root, _ = await service.talk("tokens:1", conversation=conversation, parent=None)
    service.centrifugo.published.clear()

    shown = await select(service, first, first["message"]["id"])
    assert shown["head"] == edit["reply"]["id"]
    assert shown["version"] == root["conversation"]["version"] + 1
    # The place in the list is that of the last message.
    assert shown["updated_at"] == root["conversation"]["updated_at"]
    assert [message["id"] for message in await messages_of(service, first)] == [
        first["message"]["id"],
        first["reply"]["id"],
        edit["message"]["id"],
        edit["reply"]["id"],
    ]
    # The same once more changes nothing, and nobody is told.
    assert await select(service, first, edit["reply"]["id"]) == shown
    back = await select(service, first, second["message"]["id"])
    assert back["head"] == second["reply"]["id"]
    last = await select(service, first, root["message"]["id"])
    assert last["head"] == root["reply"]["id"]
    event = {"type": "conversation", "conversation": last}
    await service.centrifugo.until(lambda: (service.channel, event) in service.centrifugo.published)
    assert [data["conversation"] for _, data in service.centrifugo.published] == [shown, back, last]


async def test_a_reply_has_the_form_of_the_contract(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    conversation = {"conversation": sent["conversation"]["id"]}
    selected = await service.call("chat:select", conversation | {"message": sent["message"]["id"]})
    await service.call("chat:delete", conversation)
    restored = await service.call("chat:restore", conversation)

    assert form(selected) == reply_form("chat:select")
    assert form(restored) == reply_form("chat:restore")


async def test_what_is_written_goes_on_where_one_looks(service: Service) -> None:
    first, _ = await service.talk("tokens:1 one")
    second = await again(service, "regenerate", first)
    await service.centrifugo.ended(run_of(second))
    await select(service, first, first["reply"]["id"])
    more, _ = await service.talk("tokens:1 more", conversation=first["conversation"]["id"])

    assert more["message"]["parent"] == first["reply"]["id"]
    assert [message["id"] for message in await messages_of(service, first)] == [
        first["message"]["id"],
        first["reply"]["id"],
        more["message"]["id"],
        more["reply"]["id"],
    ]


async def test_only_what_is_in_the_conversation_can_be_shown(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    other, _ = await service.talk("tokens:1")
    mine = {"conversation": sent["conversation"]["id"], "message": sent["reply"]["id"]}
    wrong = [
        mine | {"message": other["reply"]["id"]},
        mine | {"message": sent["conversation"]["id"]},
        mine | {"message": "nothing"},
        mine | {"conversation": other["conversation"]["id"]},
        mine | {"conversation": "nothing"},
    ]

    for data in wrong:
        assert (await service.refused("chat:select", data))["code"] == 1404
    assert (await service.refused("chat:select", mine, user="another"))["code"] == 1404
    await service.call("chat:delete", {"conversation": mine["conversation"]})
    assert (await service.refused("chat:select", mine))["code"] == 1404


async def test_a_long_branch_is_shown_to_its_end(service: Service) -> None:
    service.openai.scripts += [answer("ok") for _ in range(60)]
    first, _ = await service.talk("Hi")
    conversation = first["conversation"]["id"]
    for _ in range(58):
        last, _ = await service.talk("Hi", conversation=conversation)
    await service.talk("Hi", conversation=conversation, parent=None)

    assert (await select(service, first, first["message"]["id"]))["head"] == last["reply"]["id"]


async def test_a_deletion_is_taken_back(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    conversation = {"conversation": sent["conversation"]["id"]}
    before = await service.call("chat:conversation", conversation)
    service.centrifugo.published.clear()
    deleted = await service.call("chat:delete", conversation)
    restored = await service.call("chat:restore", conversation)
    again_restored = await service.call("chat:restore", conversation)
    await service.centrifugo.until(lambda: len(service.centrifugo.published) == 2)

    assert deleted["conversation"]["title"] == ""
    assert deleted["conversation"]["head"] is None
    expected = {**before["conversation"], "version": deleted["conversation"]["version"] + 1}
    assert restored == again_restored == {"conversation": expected}
    assert [data["conversation"] for _, data in service.centrifugo.published] == [
        deleted["conversation"],
        restored["conversation"],
    ]
    assert (await service.call("chat:conversation", conversation))["messages"] == before["messages"]
    assert [each["id"] for each in (await service.call("chat:conversations"))["conversations"]] == [
        sent["conversation"]["id"]
    ]
    await service.talk("tokens:1", **conversation)


async def test_nobody_takes_anothers_deletion_back(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    conversation = {"conversation": sent["conversation"]["id"]}
    await service.call("chat:delete", conversation)

    assert (await service.refused("chat:restore", conversation, user="another"))["code"] == 1404
    assert (await service.refused("chat:restore", {"conversation": "nothing"}))["code"] == 1404
    assert (await service.call("chat:conversations"))["conversations"] == []


async def test_what_comes_back_needs_room(tmp_path: Path) -> None:
    async with open_alone(tmp_path, max_conversations=1, max_storage=3_000) as service:
        service.openai.scripts += [answer("x" * 1000), answer("x" * 2000)]
        first, _ = await service.talk("Hi")
        conversation = {"conversation": first["conversation"]["id"]}
        await service.call("chat:delete", conversation)
        second, _ = await service.talk("Hi")

        error = await service.refused("chat:restore", conversation)
        assert (error["code"], "1 conversation," in error["message"]) == (1413, True)
        await service.call("chat:delete", {"conversation": second["conversation"]["id"]})
        await service.call("chat:restore", conversation)
        error = await service.refused("chat:restore", {"conversation": second["conversation"]["id"]})
        assert error["code"] == 1413


async def test_what_comes_back_takes_its_room_again(tmp_path: Path) -> None:
    async with open_alone(tmp_path, max_storage=3_000) as service:
        service.openai.scripts += [answer("x" * 1000), answer("x" * 2000)]
        first, _ = await service.talk("Hi")
        await service.call("chat:delete", {"conversation": first["conversation"]["id"]})
        await service.talk("Hi")

        error = await service.refused("chat:restore", {"conversation": first["conversation"]["id"]})
        assert (error["code"], "no room" in error["message"]) == (1413, True)
        assert len((await service.call("chat:conversations"))["conversations"]) == 1
