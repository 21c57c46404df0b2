"""Titles that the model writes after the first answer, unless the user was faster."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from proxy_app.conversations.titling import MAX_TOKENS
from proxy_app.core.titles import INSTRUCTION
from tests.fakes.openai_steps import Finish, Reply, Stall, Text, Usage, Wait, answer

from .service import Service, open_alone, run_of
from .stores import Stores

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The application as it is delivered: with titles."""
    async with open_alone(tmp_path_factory.mktemp("service"), titles=True) as service:
        yield service


async def until_called(service: Service, title: str) -> Json:
    """Wait until other devices are told of a title; return the conversation."""
    told: list[Json] = []

    def known() -> bool:
        told[:] = [event["conversation"] for event in service.centrifugo.events("conversation")]
        return any(conversation["title"] == title for conversation in told)

    await service.centrifugo.until(known)
    return next(conversation for conversation in told if conversation["title"] == title)


async def title_of(service: Service) -> str:
    """Return the title of the only conversation."""
    (listed,) = (await service.call("chat:conversations"))["conversations"]
    title: str = listed["title"]
    return title


async def until_asked(service: Service, count: int) -> None:
    """Wait until the model was asked so often, and none of it is open any more."""
    await service.openai.until(lambda: len(service.openai.requests) >= count)
    await service.openai.until(lambda: service.openai.open_streams == 0)


async def test_the_first_answer_brings_a_title(service: Service) -> None:
    service.openai.scripts += [answer("Paris."), answer('"The capital of France"')]
    sent, _ = await service.talk("What is the capital of France?")
    told = await until_called(service, "The capital of France")

    assert told["version"] == sent["conversation"]["version"] + 1
    assert told["updated_at"] == sent["conversation"]["updated_at"]
    assert told["head"] == sent["reply"]["id"]
    assert await title_of(service) == "The capital of France"
    body = service.openai.requests[1].body
    assert body["max_tokens"] == MAX_TOKENS
    assert body["model"] == "fake-model"
    assert body["messages"][0] == {"role": "system", "content": INSTRUCTION}
    assert "What is the capital of France?" in body["messages"][1]["content"]
    assert "Paris." in body["messages"][1]["content"]
    # It is found by it, and its next answer brings no other.
    found = await service.call("chat:conversations", {"query": "capital fran"})
    assert [each["id"] for each in found["conversations"]] == [sent["conversation"]["id"]]
    service.openai.scripts.append(answer("ok"))
    await service.talk("And of Spain?", conversation=sent["conversation"]["id"])
    assert len(service.openai.requests) == 3


async def test_a_title_of_the_users_stays(service: Service) -> None:
    go_on = asyncio.Event()
    service.openai.scripts += [answer("ok"), [Text("The model's"), Wait(go_on), Finish()]]
    sent, _ = await service.talk("Hi")
    await service.openai.until(lambda: len(service.openai.requests) == 2)
    data = {"conversation": sent["conversation"]["id"], "title": "Mine"}
    await service.call("chat:rename", data)
    go_on.set()
    await until_asked(service, 2)
    service.openai.scripts.append(answer("ok"))
    await service.talk("More", conversation=sent["conversation"]["id"])

    assert await title_of(service) == "Mine"
    assert "The model's" not in str(service.centrifugo.published)


@pytest.mark.parametrize(
    "script",
    [[Reply(500)], [Text("No")], answer("🙂"), answer("")],
    ids=["a failure", "no end", "a sign", "nothing"],
)
async def test_what_is_no_title_changes_nothing(service: Service, script: Any) -> None:
    service.openai.scripts += [answer("ok"), script]
    await service.talk("Hello there")
    await until_asked(service, 2)
    # Whatever was stored and told of it would be by now: this is asked after it.
    service.openai.scripts += [answer("ok"), answer("Another")]
    await service.talk("Another one")
    await until_called(service, "Another")

    listed = (await service.call("chat:conversations"))["conversations"]
    assert [each["title"] for each in listed] == ["Another", "Hello there"]


async def test_an_answer_that_did_not_complete_brings_none(service: Service) -> None:
    service.openai.scripts += [[Text("Hel"), Stall()], answer("Hello", reason="length"), [Reply(401)]]
    stopped = await service.send("one")
    await service.centrifugo.arrived(run_of(stopped), 1)
    await service.call("chat:stop", {"run": run_of(stopped)})
    await service.centrifugo.ended(run_of(stopped))
    await service.talk("two")
    await service.talk("three")
    assert len(service.openai.requests) == 3

    # Its first answer that does complete brings one, also if it is the second.
    service.openai.scripts += [answer("Hello!"), answer("A greeting")]
    await service.call("chat:regenerate", {"client_message_id": "x", "message": stopped["reply"]["id"]})
    told = await until_called(service, "A greeting")
    assert told["id"] == stopped["conversation"]["id"]


async def test_a_deleted_conversation_gets_none(service: Service) -> None:
    go_on = asyncio.Event()
    service.openai.scripts += [answer("ok"), [Wait(go_on), *answer("Late")]]
    sent, _ = await service.talk("Hi")
    await service.openai.until(lambda: len(service.openai.requests) == 2)
    conversation = {"conversation": sent["conversation"]["id"]}
    await service.call("chat:delete", conversation)
    go_on.set()
    await until_asked(service, 2)
    restored = await service.call("chat:restore", conversation)

    assert restored["conversation"]["title"] == "Hi"


async def test_a_model_of_its_own_writes_titles(tmp_path: Path) -> None:
    async with open_alone(tmp_path, titles=True, title_model="small") as service:
        service.openai.scripts += [answer("ok"), answer("A title")]
        await service.talk("Hi")
        await until_called(service, "A title")

        assert [request.model for request in service.openai.requests] == ["fake-model", "small"]


async def test_titles_count_to_what_may_be_used_on_a_day(tmp_path: Path) -> None:
    async with open_alone(tmp_path, titles=True, tokens_per_day=100) as service:
        service.openai.scripts += [
            [Text("ok"), Finish(), Usage(10, 10)],
            [Text("A title"), Finish(), Usage(60, 20)],
        ]
        await service.talk("Hi")
        await until_called(service, "A title")

        error = await service.refused("chat:send", {"client_message_id": "x", "text": "Hi"})
        assert error["code"] == 1429


async def test_demo_models_write_none_and_a_shutdown_waits_for_none(tmp_path: Path) -> None:
    async with open_alone(tmp_path / "demo", titles=True, model_demo=True) as service:
        await service.talk("tokens:1")
        service.openai.scripts.append(answer("ok"))
        await service.talk("tokens:1")
        assert len(service.openai.requests) == 2
    async with open_alone(tmp_path / "real", titles=True) as service:
        service.openai.scripts += [answer("ok"), [Stall()]]
        await service.talk("tokens:1")
        await service.openai.until(lambda: len(service.openai.requests) == 2)


async def test_a_title_is_exchanged_only_for_the_one_that_was_seen(stores: Stores) -> None:
    sent = await stores.talk(title="Seen")
    entitle = stores.conversations.entitle
    assert await entitle(stores.user, sent.conversation.id, "Other", "New", 1) is None
    assert await entitle("another", sent.conversation.id, "Seen", "New", 1) is None
    assert await entitle(stores.user, sent.conversation.id, "Seen", None, 1) is None
    changed = await entitle(stores.user, sent.conversation.id, "Seen", "New", 1)

    assert changed is not None
    assert (changed.title, changed.version) == ("New", sent.conversation.version + 1)
    assert await entitle(stores.user, sent.conversation.id, "Seen", "Newer", 1) is None
