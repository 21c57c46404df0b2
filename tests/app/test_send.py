"""Sending a prompt: what is stored, told, published and asked, once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import Stall, Text, answer

from .forms import form, reply_form
from .service import Service, open_alone, run_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def messages_of(service: Service, conversation: str) -> list[dict[str, Any]]:
    reply = await service.call("chat:conversation", {"conversation": conversation})
    messages: list[dict[str, Any]] = reply["messages"]
    return messages


async def test_a_send_is_answered_with_all_ids_and_published_in_order(service: Service) -> None:
    prompt = "tokens:50 rate:2000 Grüße 🙂"
    sent, run = await service.talk(prompt, client_message_id="client_1")

    assert form(sent) == reply_form("chat:send")
    assert sent["duplicate"] is False
    assert sent["conversation"]["title"] == prompt
    assert sent["conversation"]["head"] == sent["reply"]["id"]
    assert sent["message"]["client_message_id"] == "client_1"
    assert sent["message"]["parts"] == [{"id": "1", "type": "text", "text": prompt}]
    assert sent["reply"]["parent"] == sent["message"]["id"]
    assert sent["reply"]["run"]["status"] == "running"

    assert {channel for channel, _ in service.centrifugo.published} == {service.channel}
    datas = [data for _, data in service.centrifugo.published]
    # Other tabs get the whole state of all three before anything of the run.
    assert datas[:3] == [
        {"type": "conversation", "conversation": sent["conversation"]},
        {"type": "message", "message": sent["message"]},
        {"type": "message", "message": sent["reply"]},
    ]
    assert {data["type"] for data in datas[3:]} == {"run"}
    assert [data["seq"] for data in datas[3:]] == list(range(1, run.seq + 1))
    assert datas[3]["chunks"][0] == {"type": "start", "messageId": sent["reply"]["id"]}
    assert text_of(run) == expected_text(prompt)
    assert (run.status, run.mismatched) == ("completed", False)


async def test_ids_are_lower_case_uuids_that_grow(service: Service) -> None:
    one = await service.send("tokens:1")
    other = await service.send("tokens:1")

    for name in ("conversation", "message", "reply"):
        assert one[name]["id"] < other[name]["id"]
        assert one[name]["id"] == one[name]["id"].lower()
        assert one[name]["id"][14] == "7"


async def test_the_model_is_told_the_branch(service: Service) -> None:
    first, run = await service.talk("tokens:3")
    conversation = first["conversation"]["id"]
    await service.talk("tokens:2", conversation=conversation)

    body = service.openai.requests[-1].body
    assert body["model"] == "fake-model"
    assert body["messages"] == [
        {"role": "user", "content": "tokens:3"},
        {"role": "assistant", "content": text_of(run)},
        {"role": "user", "content": "tokens:2"},
    ]


async def test_the_same_send_again_answers_the_same_and_starts_nothing(service: Service) -> None:
    first, run = await service.talk("tokens:2", client_message_id="same")
    again = await service.send("tokens:2", client_message_id="same")

    assert again["duplicate"] is True
    assert again["message"] == first["message"]
    assert again["reply"]["id"] == first["reply"]["id"]
    # It is told as it is by now.
    assert again["reply"]["run"]["status"] == "completed"
    assert again["reply"]["parts"][0]["text"] == text_of(run)
    assert len(service.openai.requests) == 1


async def test_a_hundred_times_at_once_is_once(service: Service) -> None:
    sends = await asyncio.gather(*(service.send("tokens:2", client_message_id="same") for _ in range(100)))
    run = run_of(sends[0])
    await service.centrifugo.ended(run)

    assert [sent["duplicate"] for sent in sends].count(False) == 1
    assert {(sent["message"]["id"], sent["reply"]["id"], run_of(sent)) for sent in sends} == {
        (sends[0]["message"]["id"], sends[0]["reply"]["id"], run)
    }
    assert len(service.openai.requests) == 1
    assert len(service.centrifugo.events("message")) == 2
    assert len(await messages_of(service, sends[0]["conversation"]["id"])) == 2


@pytest.mark.parametrize(
    "change",
    [{"text": "tokens:3"}, {"conversation": True}, {"parent": None}, {"model": "fake-model"}],
    ids=lambda change: next(iter(change)),
)
async def test_the_same_id_with_another_content_is_a_conflict(
    service: Service, change: dict[str, Any]
) -> None:
    sent, _ = await service.talk("tokens:2", client_message_id="same")
    if "conversation" in change:
        change = {"conversation": sent["conversation"]["id"]}
    data = {"client_message_id": "same", "text": "tokens:2", **change}
    error = await service.refused("chat:send", data)

    assert (error["code"], error["temporary"]) == (1409, False)
    assert len(await messages_of(service, sent["conversation"]["id"])) == 2
    assert len(service.openai.requests) == 1


async def test_ids_of_clients_are_each_users_own(service: Service) -> None:
    mine = await service.send("tokens:1", client_message_id="same")
    theirs = await service.send("tokens:2", user="another", client_message_id="same")

    assert mine["message"]["id"] != theirs["message"]["id"]
    assert theirs["duplicate"] is False


@pytest.mark.parametrize(("character", "units"), [("x", 1), ("é", 1), ("🙂", 2)])
async def test_a_prompt_may_have_so_many_code_units_and_no_more(
    service: Service, character: str, units: int
) -> None:
    service.openai.scripts.append(answer("ok"))
    longest = character * (32_000 // units)
    sent, _ = await service.talk(longest)
    assert sent["message"]["parts"][0]["text"] == longest

    error = await service.refused("chat:send", {"client_message_id": "too-long", "text": longest + character})
    assert (error["code"], error["temporary"]) == (1413, False)
    assert "32,000" in error["message"]
    assert len(service.openai.requests) == 1


async def test_a_prompt_needs_some_text(service: Service) -> None:
    assert (await service.refused("chat:send", {"client_message_id": "m", "text": ""}))["code"] == 1400


async def test_hostile_text_arrives_as_it_was(service: Service) -> None:
    said = '\x00\x1f\x7f"\\</script>\u2028\ufeff\ufffe🙂\U0010ffff\r\n\t'
    service.openai.scripts.append(answer(said))
    sent, run = await service.talk(said)

    assert service.openai.requests[0].prompt == said
    assert sent["message"]["parts"][0]["text"] == said
    assert text_of(run) == said
    (_, stored) = await messages_of(service, sent["conversation"]["id"])
    assert stored["parts"][0]["text"] == said


async def test_a_large_prompt_is_announced_truncated_and_told_whole(service: Service) -> None:
    service.openai.scripts.append(answer("ok"))
    sent, _ = await service.talk("\x00" * 20_000)

    event = service.centrifugo.events("message")[0]["message"]
    assert (event["parts"], event["truncated"]) == ([], True)
    assert event["version"] == sent["message"]["version"]
    (told, _) = await messages_of(service, sent["conversation"]["id"])
    assert len(told["parts"][0]["text"]) == 20_000
    assert "truncated" not in told


async def test_an_edit_is_a_sibling_and_becomes_the_branch(service: Service) -> None:
    first, _ = await service.talk("tokens:1 one")
    conversation = first["conversation"]["id"]
    edit, _ = await service.talk("tokens:1 two", conversation=conversation, parent=None)

    assert edit["message"]["parent"] is None
    assert edit["conversation"]["head"] == edit["reply"]["id"]
    shown = await messages_of(service, conversation)
    assert [message["id"] for message in shown] == [edit["message"]["id"], edit["reply"]["id"]]
    assert shown[0]["siblings"] == [first["message"]["id"], edit["message"]["id"]]
    assert "siblings" not in shown[1]
    assert service.openai.requests[-1].body["messages"] == [{"role": "user", "content": "tokens:1 two"}]


async def test_a_prompt_answers_an_answer(service: Service) -> None:
    first, _ = await service.talk("tokens:1")
    second, _ = await service.talk("tokens:1", conversation=first["conversation"]["id"])
    branch, _ = await service.talk(
        "tokens:1 other", conversation=first["conversation"]["id"], parent=first["reply"]["id"]
    )
    assert branch["message"]["parent"] == second["message"]["parent"] == first["reply"]["id"]

    data = {"client_message_id": "x", "text": "Hi", "conversation": first["conversation"]["id"]}
    error = await service.refused("chat:send", data | {"parent": first["message"]["id"]})
    assert error["code"] == 1400
    # An answer of another conversation is none of this one.
    other, _ = await service.talk("tokens:1")
    error = await service.refused("chat:send", data | {"parent": other["reply"]["id"]})
    assert error["code"] == 1404


async def test_a_conversation_that_is_being_answered_is_busy(service: Service) -> None:
    service.openai.scripts.append([Text("Hel"), Stall()])
    sent = await service.send()
    conversation = sent["conversation"]["id"]
    error = await service.refused(
        "chat:send", {"client_message_id": "x", "text": "Hi", "conversation": conversation}
    )
    assert (error["code"], error["temporary"]) == (1408, False)
    assert len(await messages_of(service, conversation)) == 2

    # What is refused may be sent again under the same id.
    await service.call("chat:stop", {"run": run_of(sent)})
    await service.centrifugo.ended(run_of(sent))
    again, _ = await service.talk("tokens:1", client_message_id="x", conversation=conversation)
    assert again["duplicate"] is False


async def test_a_send_may_stop_what_is_in_its_way(service: Service) -> None:
    service.openai.scripts += [[Text("Hel"), Stall()], answer("Yes?")]
    first = await service.send("one")
    await service.centrifugo.until(lambda: text_of(service.centrifugo.client(run_of(first))) == "Hel")
    conversation = first["conversation"]["id"]
    second, run = await service.talk("two", conversation=conversation, if_busy="stop")

    stopped = await service.centrifugo.ended(run_of(first))
    assert (stopped.status, text_of(stopped)) == ("cancelled", "Hel")
    assert text_of(run) == "Yes?"
    assert second["message"]["parent"] == first["reply"]["id"]
    # What the stopped one said is told to the model.
    assert [message["content"] for message in service.openai.requests[-1].body["messages"]] == [
        "one",
        "Hel",
        "two",
    ]
    await service.openai.until_closed(service.openai.requests[0])


async def test_one_of_many_at_once_has_the_conversation(service: Service) -> None:
    first, _ = await service.talk("tokens:1")
    conversation = first["conversation"]["id"]
    service.openai.scripts.append([Stall()])
    replies = await asyncio.gather(
        *(
            service.rpc(
                "chat:send", {"client_message_id": f"x{n}", "text": "Hi", "conversation": conversation}
            )
            for n in range(10)
        )
    )
    codes = [reply["error"]["code"] for reply in replies if "error" in reply]
    assert codes == [1408] * 9
    assert len(await messages_of(service, conversation)) == 4
    await service.call(
        "chat:stop", {"run": run_of(next(r["result"]["data"] for r in replies if "result" in r))}
    )


async def test_so_many_answers_at_once_and_no_more(tmp_path: Path) -> None:
    async with open_alone(tmp_path, max_runs_per_user=2) as service:
        service.openai.scripts += [[Stall()]] * 2
        sends = [await service.send(), await service.send()]
        error = await service.refused("chat:send", {"client_message_id": "x", "text": "Hi"})
        assert (error["code"], error["temporary"]) == (1430, True)
        assert "2" in error["message"]
        # Repeating one of them is no new one; another user has a limit of their own.
        assert (await service.send("Hello!", client_message_id="m1"))["duplicate"] is True
        await service.talk("tokens:1", user="another")
        # A send that stops one makes room for itself.
        conversation = sends[0]["conversation"]["id"]
        sent = await service.send("tokens:1", conversation=conversation, if_busy="stop")
        assert (await service.centrifugo.ended(run_of(sent))).status == "completed"


async def test_a_full_process_answers_repetitions_and_refuses_what_is_new(tmp_path: Path) -> None:
    async with open_alone(tmp_path, max_runs=1) as service:
        service.openai.scripts.append([Stall()])
        sent = await service.send("Hello!", client_message_id="same")
        error = await service.refused("chat:send", {"client_message_id": "x", "text": "Hi"})
        again = await service.send("Hello!", client_message_id="same")
        # Those whom it serves have to reach it: a balancer must not take it out.
        async with service.http.get(f"{service.url}/health") as health:
            assert health.status == 200
        assert len((await service.call("chat:sync"))["runs"]) == 1

    assert (error["code"], error["temporary"]) == (1503, True)
    assert (again["duplicate"], again["message"]) == (True, sent["message"])


async def test_a_model_of_ones_choice(tmp_path: Path) -> None:
    async with open_alone(tmp_path, OPENAI_MODEL="first,second") as service:
        default, _ = await service.talk("tokens:1")
        chosen, _ = await service.talk("tokens:1", model="second")
        error = await service.refused("chat:send", {"client_message_id": "x", "text": "Hi", "model": "third"})

        assert [request.model for request in service.openai.requests] == ["first", "second"]
    assert (default["reply"]["model"], chosen["reply"]["model"]) == ("first", "second")
    assert error["code"] == 1404


async def test_the_system_prompt_comes_first_and_the_context_has_a_limit(tmp_path: Path) -> None:
    async with open_alone(tmp_path, system_prompt="Be brief.", max_context=12) as service:
        service.openai.scripts += [answer("x" * 8), answer("ok")]
        sent, _ = await service.talk("one")
        await service.talk("two", conversation=sent["conversation"]["id"])

        contents = [message["content"] for message in service.openai.requests[-1].body["messages"]]
    assert contents == ["Be brief.", "x" * 8, "two"]
