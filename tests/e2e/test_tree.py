"""The tree of a conversation: answers beside answers, text that goes on, and the branch that is shown."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from proxy_app.runs.writer import GO_ON
from tests.client import ChatClient, RpcError, Sent, new_id
from tests.fakes.openai_server import FakeRequest, expected_text
from tests.fakes.openai_steps import Head, Stall, Text, answer
from tests.stack import Stack

from .answers import asked, prompt, read_all, send_paced, text_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON = 0.2
"""Seconds until another device knows."""


def gone_on(stack: Stack, said: str) -> list[FakeRequest]:
    """Return the requests that asked the model to go on after what it had said."""
    return [
        request
        for request in stack.openai.requests
        if request.prompt == GO_ON and request.body["messages"][-2]["content"] == said
    ]


async def stored(client: ChatClient, sent: Sent) -> str:
    """Return the text of an answer as the store has it."""
    parts = (await client.call("chat:run", {"run": sent.run}))["parts"]
    return "".join(part["text"] for part in parts if part["type"] == "text")


async def stopped(stack: Stack, client: ChatClient, *, length: int = 400) -> Sent:
    """Send a prompt, and stop its answer when that has some text."""
    sent, _ = await send_paced(stack, client, 20_000, 2_000)
    await client.begun(sent.run, length)
    await client.stop(sent.run)
    assert (await client.ended(sent.run)).status == "cancelled"
    return sent


async def assert_goes_on(stack: Stack, client: ChatClient, sent: Sent, *devices: ChatClient) -> Sent:
    """Go on with an answer; check that the new one is the old text and then the new, for everybody."""
    said = await stored(client, sent)
    assert said
    stack.openai.scripts.append(answer(" …and", " so", " on. 🙂"))
    more = await client.go_on(sent.reply["id"])

    expected = said + " …and so on. 🙂"
    for device in (client, *devices):
        assert (await device.ended(more.run)).status == "completed"
        assert device.text(more.reply["id"]) == expected
        assert device.mismatches == 0
        assert set(device.state.siblings(more.reply["id"])) >= {sent.reply["id"], more.reply["id"]}
    assert await stored(client, more) == expected
    assert await stored(client, sent) == said
    shown = (await read_all(client, sent.conversation["id"]))[-1]
    assert (shown["id"], text_of(shown)) == (more.reply["id"], expected)
    assert shown["siblings"] == client.state.siblings(more.reply["id"])
    assert len(gone_on(stack, said)) == 1
    return more


async def best_of_three(change: Callable[[int], Awaitable[Callable[[], bool]]], second: ChatClient) -> float:
    """Return the shortest time until the second device knows of a change, as a machine may be busy."""
    times = []
    for number in range(3):
        began = time.monotonic()
        known = await change(number)
        await second.until(known)
        times.append(time.monotonic() - began)
    return min(times)


async def test_an_answer_is_written_anew_and_other_devices_know_at_once(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        text = prompt("tokens:30")
        sent = await client.send(text)
        await client.ended(sent.run)
        answers = [sent]

        async def regenerate(_: int) -> Callable[[], bool]:
            again = await client.regenerate(sent.reply["id"])
            answers.append(again)
            return lambda: again.reply["id"] in second.state.siblings(sent.reply["id"])

        took = await best_of_three(regenerate_when_free(client, answers, regenerate), second)
        await client.ended(answers[-1].run)
        await second.ended(answers[-1].run)

        ids = [each.reply["id"] for each in answers]
        assert second.state.siblings(sent.reply["id"]) == client.state.siblings(ids[-1]) == ids
        assert {second.text(id_) for id_ in ids} == {expected_text(text)}
        assert second.state.conversations[sent.conversation["id"]]["head"] == ids[-1]
        (told, shown) = await read_all(second, sent.conversation["id"])
        assert (told["id"], shown["id"], shown["siblings"]) == (sent.message["id"], ids[-1], ids)
        assert len(asked(stack, text)) == 4
        assert took <= SOON


def regenerate_when_free(
    client: ChatClient, answers: list[Sent], regenerate: Callable[[int], Awaitable[Callable[[], bool]]]
) -> Callable[[int], Awaitable[Callable[[], bool]]]:
    """Let the answer before end first."""

    async def change(number: int) -> Callable[[], bool]:
        await client.ended(answers[-1].run)
        return await regenerate(number)

    return change


async def test_the_branch_that_is_shown_is_the_same_on_every_device(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent = await client.send(prompt("tokens:5"))
        await client.ended(sent.run)
        conversation = sent.conversation["id"]
        again = await client.regenerate(sent.reply["id"])
        await client.ended(again.run)
        more = await client.send(prompt("tokens:5"), conversation)
        await client.ended(more.run)
        branches = [(sent.reply["id"], sent.reply["id"]), (again.reply["id"], more.reply["id"])]

        async def select(number: int) -> Callable[[], bool]:
            through, leaf = branches[number % 2]
            assert (await client.select(conversation, through))["head"] == leaf
            return lambda: second.state.conversations[conversation]["head"] == leaf

        took = await best_of_three(select, second)

        page = await second.call("chat:conversation", {"conversation": conversation})
        assert [message["id"] for message in page["messages"]] == [sent.message["id"], sent.reply["id"]]
        assert page["messages"][1]["siblings"] == [sent.reply["id"], again.reply["id"]]
        assert took <= SOON
        # What is sent now is sent where everybody looks.
        last = await second.send(prompt("tokens:5"), conversation)
        assert last.message["parent"] == sent.reply["id"]


async def test_an_answer_goes_on_after_a_stop(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        await assert_goes_on(stack, client, await stopped(stack, client), second)
        assert client.resyncs == 0


async def test_an_answer_goes_on_after_its_limit(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent = await client.send(prompt("tokens:20 finish:length"))
        assert (await client.ended(sent.run)).status == "incomplete"

        more = await assert_goes_on(stack, client, sent, second)

        with pytest.raises(RpcError) as refused:
            await client.go_on(more.reply["id"])
        assert (refused.value.code, refused.value.temporary) == (1400, False)


async def test_an_answer_goes_on_after_a_failure(stack: Stack) -> None:
    async with stack.client() as client:
        sent = await client.send(prompt("tokens:20 cut:10"))
        assert (await client.ended(sent.run)).status == "failed"

        await assert_goes_on(stack, client, sent)


async def test_an_answer_goes_on_after_its_process_was_killed(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent, expected = await send_paced(stack, client, 40_000, 1_000)
        await client.begun(sent.run, len(expected) * 2_500 // 40_000)
        await stack.service.process.kill()
        await stack.service.process.start()
        assert (await client.ended(sent.run)).status == "interrupted"

        await assert_goes_on(stack, client, sent, second)


async def test_what_goes_on_is_killed_and_goes_on_again(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent = await stopped(stack, client)
        said = await stored(client, sent)
        stack.openai.scripts.append([Text(" more"), Stall()])
        more = await client.go_on(sent.reply["id"])
        await client.begun(more.run, len(said) + 5)
        await second.begun(more.run, len(said) + 5)

        await stack.service.process.kill()
        await stack.service.process.start()

        for device in (client, second):
            run = await device.ended(more.run)
            assert run.status == "interrupted"
            assert run.text() in (said, said + " more")
        assert await stored(client, more) == client.text(more.reply["id"]) == second.text(more.reply["id"])
        stack.openai.scripts.append(answer(" and on."))
        last = await client.go_on(more.reply["id"])
        await client.ended(last.run)
        assert client.text(last.reply["id"]) == await stored(client, more) + " and on."


async def test_a_crash_before_the_first_publication_keeps_the_text(stack: Stack) -> None:
    async with stack.client() as client:
        sent = await stopped(stack, client)
        said, name = await stored(client, sent), new_id()
        stack.openai.scripts.append([Stall()])
        request = {"client_message_id": name, "message": sent.reply["id"]}
        call = {"user": client.welcome["user"], "method": "chat:continue", "data": request}
        headers = {"X-Proxy-Secret": stack.centrifugo.proxy_secret, "Content-Type": "application/json"}

        # While Centrifugo is frozen nothing is published, so the wish comes as Centrifugo would bring it.
        await stack.centrifugo.process.pause()
        try:
            _, told = await stack.service.post("/centrifugo/rpc", json.dumps(call).encode(), headers)
            await stack.service.process.kill()
            stack.openai.scripts.clear()  # It may have died before it asked.
        finally:
            await stack.centrifugo.process.resume()
        await stack.service.process.start()
        run, message = told["result"]["data"]["reply"]["run"]["id"], told["result"]["data"]["reply"]["id"]
        again = await client.go_on(sent.reply["id"], client_message_id=name)

        assert (again.duplicate, again.run, again.reply["id"]) == (True, run, message)
        ended = await client.ended(run)
        assert (ended.status, ended.text()) == ("interrupted", said)
        assert await stored(client, again) == said
        await assert_goes_on(stack, client, again)


async def test_a_long_answer_goes_on_though_no_event_can_carry_it(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        stack.openai.scripts.append(answer("ж𝒳" * 60_000, reason="length"))
        sent = await client.send(prompt())
        for device in (client, second):
            await device.ended(sent.run)

        await assert_goes_on(stack, client, sent, second)

        history = await stack.centrifugo.history(client.welcome["channel"])
        whole = [event["message"] for event in history if event["type"] == "message"]
        assert [message.get("truncated") for message in whole] == [None, None, None, True]


async def test_whoever_comes_later_finds_what_went_on(stack: Stack) -> None:
    async with stack.client() as client:
        sent = await stopped(stack, client)
        said = await stored(client, sent)
        stack.openai.scripts.append([Head(), Text(" more"), Stall()])
        more = await client.go_on(sent.reply["id"])
        await client.begun(more.run, len(said) + 5)

        async with stack.client(client.token) as later:
            await later.begun(more.run, len(said) + 5)
            assert later.text(more.reply["id"]) == said + " more"
            await later.stop(more.run)
            assert (await later.ended(more.run)).text() == said + " more"
            assert later.mismatches == 0


@pytest.mark.parametrize("method", ["regenerate", "continue"])
async def test_the_same_wish_fifty_times_at_once(stack: Stack, method: str) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent = await stopped(stack, client)
        before = stack.service.rows()
        calls, name = len(stack.openai.requests), new_id()
        stack.openai.scripts.append(answer("Here."))
        replies = await asyncio.gather(
            *(wish(each, method)(sent.reply["id"], client_message_id=name) for each in [client, second] * 25)
        )

        assert Counter(reply.duplicate for reply in replies) == {False: 1, True: 49}
        assert len({reply.reply["id"] for reply in replies}) == 1
        await client.ended(replies[0].run)
        assert len(stack.openai.requests) == calls + 1
        assert stack.service.grown_since(before)["messages"] == 1
        for other in ("regenerate", "continue"):
            for message in {sent.reply["id"], replies[0].reply["id"]}:
                if (other, message) != (method, sent.reply["id"]):
                    with pytest.raises(RpcError) as refused:
                        await wish(client, other)(message, client_message_id=name)
                    assert refused.value.code == 1409
        with pytest.raises(RpcError) as refused:
            await client.send("Hi", client_message_id=name)
        assert refused.value.code == 1409


def wish(client: ChatClient, method: str) -> Callable[..., Awaitable[Sent]]:
    """Return what asks for another answer."""
    return {"regenerate": client.regenerate, "continue": client.go_on}[method]


@pytest.mark.parametrize("method", ["regenerate", "continue"])
async def test_a_stop_by_the_clients_own_id(stack: Stack, method: str) -> None:
    async with stack.client() as client:
        sent = await stopped(stack, client)
        said, early, late = await stored(client, sent), new_id(), new_id()
        calls = len(stack.openai.requests)
        assert await client.call("chat:stop", {"client_message_id": early}) == {"run": None}

        never = await wish(client, method)(sent.reply["id"], client_message_id=early)

        begins = said if method == "continue" else ""
        ended = await client.ended(never.run)
        assert (ended.status, ended.text()) == ("cancelled", begins)
        assert len(stack.openai.requests) == calls
        stack.openai.scripts.append([Stall()])
        again = await wish(client, method)(sent.reply["id"], client_message_id=late)
        await client.call("chat:stop", {"client_message_id": late})
        ended = await client.ended(again.run)
        assert (ended.status, ended.text()) == ("cancelled", begins)


async def test_an_answer_that_is_being_written_gives_way_to_another(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent, _ = await send_paced(stack, client, 20_000, 2_000)
        await client.begun(sent.run, 100)
        with pytest.raises(RpcError) as refused:
            await client.regenerate(sent.reply["id"])
        assert refused.value.code == 1408

        stack.openai.scripts.append(answer("Better."))
        again = await client.regenerate(sent.reply["id"], if_busy="stop")

        for device in (client, second):
            assert (await device.ended(sent.run)).status == "cancelled"
            assert (await device.ended(again.run)).text() == "Better."
        assert await stored(client, sent) == client.text(sent.reply["id"]) != ""


async def test_an_edit_of_the_first_prompt_is_one_of_two_beginnings(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        first = await client.send(prompt("tokens:5"))
        await client.ended(first.run)
        edit = await client.send(prompt("tokens:5"), first.conversation["id"], parent=None)
        await second.ended(edit.run)

        assert second.state.siblings(edit.message["id"]) == [first.message["id"], edit.message["id"]]
        shown = (await client.select(first.conversation["id"], first.message["id"]))["head"]
        assert shown == first.reply["id"]
        (told, _) = await read_all(second, first.conversation["id"])
        assert told["siblings"] == [first.message["id"], edit.message["id"]]


async def test_a_deletion_is_taken_back_on_every_device(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        text = prompt("tokens:5")
        sent = await client.send(text)
        await second.ended(sent.run)
        conversation = sent.conversation["id"]
        title = second.state.conversations[conversation]["title"]
        gone = await client.delete(conversation)
        await second.until(lambda: "deleted" in second.state.conversations[conversation])

        back = await client.restore(conversation)

        await second.until(lambda: "deleted" not in second.state.conversations[conversation])
        assert (gone["title"], gone["head"]) == ("", None)
        assert second.state.conversations[conversation] == back
        assert (back["title"], back["head"]) == (title, sent.reply["id"])
        kept = [text_of(message) for message in await read_all(second, conversation)]
        assert kept == [text, expected_text(text)]
