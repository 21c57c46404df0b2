"""One prompt, one message, one call of the model: however often, and with whatever else, it is sent."""

import asyncio
from collections import Counter

import pytest

from tests.client import RpcError, new_id
from tests.fakes.openai_server import expected_text
from tests.stack import Stack

from .answers import asked, prompt, read_all, send_paced, text_of, until_asked

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_same_send_a_hundred_times_at_once(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        text, name = prompt(), new_id()
        before = stack.service.rows()

        senders = [client, second] * 50
        replies = await asyncio.gather(*(each.send(text, client_message_id=name) for each in senders))

        assert Counter(reply.duplicate for reply in replies) == {False: 1, True: 99}
        assert len({(reply.conversation["id"], reply.message["id"], reply.run) for reply in replies}) == 1
        await client.ended(replies[0].run)
        assert client.text(replies[0].reply["id"]) == expected_text(text)
        assert len(asked(stack, text)) == 1
        assert stack.service.grown_since(before)["messages"] == 2
        assert len(await read_all(client, replies[0].conversation["id"])) == 2


async def test_the_same_send_after_the_end_answers_the_same(stack: Stack) -> None:
    async with stack.client() as client:
        text, name = prompt(), new_id()
        first = await client.send(text, client_message_id=name)
        await client.ended(first.run)

        again = await client.send(text, client_message_id=name)

        assert again.duplicate
        assert (again.run, again.message["id"]) == (first.run, first.message["id"])
        assert again.reply["run"]["status"] == "completed"
        assert len(asked(stack, text)) == 1


async def test_ten_sends_at_once_into_one_conversation(stack: Stack) -> None:
    async with stack.client() as client:
        begun = await client.send(prompt())
        await client.ended(begun.run)
        texts = [prompt("tokens:40 delay:30") for _ in range(10)]

        replies = await asyncio.gather(
            *(client.send(text, begun.conversation["id"]) for text in texts), return_exceptions=True
        )

        sent = [reply for reply in replies if not isinstance(reply, BaseException)]
        refused = [reply.code for reply in replies if isinstance(reply, RpcError)]
        assert len(sent) == 1
        assert refused == [1408] * 9
        await client.stop(sent[0].run)
        await client.ended(sent[0].run)
        assert sum(len(asked(stack, text)) for text in texts) == 1
        assert len(await read_all(client, begun.conversation["id"])) == 4


async def test_if_busy_stop_stops_the_run_that_is_going(stack: Stack) -> None:
    async with stack.client() as client:
        first, _ = await send_paced(stack, client, 20_000, 2_000)
        await client.begun(first.run, 100)
        text = prompt()

        second = await client.send(text, first.conversation["id"], if_busy="stop")

        assert (await client.ended(first.run)).status == "cancelled"
        assert (await client.ended(second.run)).status == "completed"
        kept = await read_all(client, first.conversation["id"])
        assert [message["id"] for message in kept][-3:] == [
            first.reply["id"],
            second.message["id"],
            second.reply["id"],
        ]
        assert text_of(kept[1]) == client.text(first.reply["id"]) != ""
        assert text_of(kept[3]) == expected_text(text)


async def test_the_model_is_told_the_branch_in_order(stack: Stack) -> None:
    async with stack.client() as client:
        texts = [prompt("tokens:5") for _ in range(3)]
        conversation = None
        for text in texts:
            sent = await client.send(text, conversation)
            conversation = sent.conversation["id"]
            await client.ended(sent.run)

        told = (await until_asked(stack, texts[2])).body["messages"]

    spoken = [(turn["role"], turn["content"]) for turn in told if turn["role"] != "system"]
    assert spoken == [
        ("user", texts[0]),
        ("assistant", expected_text(texts[0])),
        ("user", texts[1]),
        ("assistant", expected_text(texts[1])),
        ("user", texts[2]),
    ]


@pytest.mark.parametrize("turn", [0, 1], ids=["the first", "a later one"])
async def test_an_edited_prompt_is_a_sibling(stack: Stack, turn: int) -> None:
    async with stack.client() as client:
        first = await client.send(prompt("tokens:5"))
        conversation = first.conversation["id"]
        await client.ended(first.run)
        second = await client.send(prompt("tokens:5"), conversation)
        await client.ended(second.run)
        edited = (first, second)[turn].message
        text = prompt("tokens:5")

        sent = await client.send(text, conversation, parent=edited["parent"])
        await client.ended(sent.run)

        kept = await read_all(client, conversation)
        assert [message["id"] for message in kept][2 * turn :] == [sent.message["id"], sent.reply["id"]]
        assert sorted(kept[2 * turn]["siblings"]) == sorted([edited["id"], sent.message["id"]])
        assert not any(message.get("siblings") for message in kept if message["id"] != sent.message["id"])
        told = [turn["content"] for turn in (await until_asked(stack, text)).body["messages"]]
        assert client.text(edited["id"]) not in told


async def test_the_same_id_with_another_content_is_refused(stack: Stack) -> None:
    async with stack.client() as client:
        text, name = prompt(), new_id()
        sent = await client.send(text, client_message_id=name)
        await client.ended(sent.run)
        before = stack.service.rows()

        for other, conversation in [(prompt(), None), (text, sent.conversation["id"])]:
            with pytest.raises(RpcError) as refused:
                await client.send(other, conversation, client_message_id=name)
            assert refused.value.code == 1409
            assert not refused.value.temporary

        assert stack.service.grown_since(before) == {}
        assert len(await read_all(client, sent.conversation["id"])) == 2


async def test_too_many_answers_at_once_are_refused(stack: Stack) -> None:
    async with stack.client() as client:
        most = client.welcome["limits"]["runs"]
        sent = [await client.send(prompt("tokens:1 delay:30")) for _ in range(most)]

        with pytest.raises(RpcError) as refused:
            await client.send(prompt())
        assert (refused.value.code, refused.value.temporary) == (1430, True)

        await asyncio.gather(*(client.stop(each.run) for each in sent))
        for each in sent:
            await client.ended(each.run)
        text = prompt()
        await client.ended((await client.send(text)).run)
        assert len(asked(stack, text)) == 1
