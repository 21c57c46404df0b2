"""The text is exact to the last character, whatever happens to sockets, clients and Centrifugo meanwhile."""

import asyncio
import random

import pytest

from tests.client import ChatClient, Sent
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import Head, Pause, Text
from tests.stack import Stack

from .answers import (
    asked,
    assert_exact,
    prompt,
    read_all,
    repeatedly,
    send_paced,
    text_of,
    until_asked,
)

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90)]

TOKENS = 20_000
HISTORY = 1_000
"""Publications of a channel that Centrifugo keeps."""
RATE = 2_400
"""Tokens per second of an answer that must last: some eight seconds."""


async def assert_told_exactly(client: ChatClient, sent: Sent, expected: str) -> None:
    """Wait for the end; compare what the client has put together, and what the server keeps."""
    run = await client.ended(sent.run)

    assert (run.status, run.finish_reason, run.error) == ("completed", "stop", None)
    assert_exact(client, sent, expected)
    assert client.mismatches == 0
    kept = await read_all(client, sent.conversation["id"])
    assert [text_of(message) for message in kept][-1] == expected
    assert kept[-1]["run"]["status"] == "completed"


async def test_an_answer_of_20_000_tokens(stack: Stack) -> None:
    async with stack.client() as client:
        text = prompt(f"tokens:{TOKENS}")
        sent = await client.send(text)

        await assert_told_exactly(client, sent, expected_text(text))

        assert (client.gaps, client.resyncs, client.syncs) == (0, 0, 1)
        assert len(asked(stack, text)) == 1


async def test_joined_from_a_second_client_at_20_random_moments(stack: Stack) -> None:
    moments = random.Random(20)

    async def join(first: ChatClient, sent: Sent, length: int) -> None:
        await first.begun(sent.run, length)
        async with stack.client(first.token) as late:
            assert late.held(sent.run), "a run that is going must be in the reply of chat:sync"
            await assert_told_exactly(late, sent, expected)

    async with stack.client() as first:
        sent, expected = await send_paced(stack, first, TOKENS, RATE)
        lengths = [moments.randrange(len(expected) * 9 // 10) for _ in range(20)]

        await asyncio.gather(*(join(first, sent, length) for length in lengths))

        await assert_told_exactly(first, sent, expected)
        assert first.gaps == 0


async def test_with_the_socket_cut_every_two_seconds(stack: Stack) -> None:
    async with stack.client() as client:
        sent, expected = await send_paced(stack, client, TOKENS, RATE)
        cutting = asyncio.create_task(repeatedly(client.cut, every=2))

        await client.ended(sent.run)
        cutting.cancel()

        await assert_told_exactly(client, sent, expected)
        assert client.connections >= 4


async def test_with_centrifugo_killed_and_restarted_twice(stack: Stack) -> None:
    async with stack.client() as client:
        sent, expected = await send_paced(stack, client, TOKENS, RATE)
        for third in (1, 2):
            await client.begun(sent.run, len(expected) * third // 3)
            await stack.centrifugo.restart_killed()

        await assert_told_exactly(client, sent, expected)

        assert client.connections == 3
        assert client.syncs == 3, "history is gone with the process, so the state must be fetched again"


async def test_with_centrifugo_away_while_the_run_goes_on_and_ends(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent, expected = await send_paced(stack, client, 4_000, 2_000)
        await second.begun(sent.run)
        request = await until_asked(stack, sent.message["parts"][0]["text"])

        await stack.centrifugo.process.kill()
        assert not request.finished
        await stack.openai.until(lambda: request.finished)
        await stack.centrifugo.process.start()

        for each in (client, second):
            await assert_told_exactly(each, sent, expected)


async def test_with_centrifugo_frozen_for_three_seconds(stack: Stack) -> None:
    async with stack.client() as client:
        sent, expected = await send_paced(stack, client, 10_000, 2_000)
        await client.begun(sent.run)

        await stack.centrifugo.process.pause()
        try:
            await asyncio.sleep(3)
        finally:
            await stack.centrifugo.process.resume()
        before = len(client.text(sent.reply["id"]))

        await assert_told_exactly(client, sent, expected)
        assert 0 < before < len(expected)


async def test_reloaded_in_the_middle(stack: Stack) -> None:
    async with stack.client() as client:
        sent, expected = await send_paced(stack, client, 4_000, 2_000)
        await client.begun(sent.run, len(expected) // 3)
        token = client.token

    async with stack.client(token) as reloaded:
        assert len(reloaded.text(sent.reply["id"])) >= len(expected) // 4
        await assert_told_exactly(reloaded, sent, expected)


async def test_joined_while_more_is_going_than_one_reply_holds(stack: Stack) -> None:
    async with stack.client() as client:
        sent = []
        for _ in range(3):
            text = prompt()
            stack.openai.scripts.append([Head(), *[Text("ж" * 50_000)] * 6, Pause(30)])
            sent.append(await client.send(text))
            await until_asked(stack, text)
        for each in sent:
            await client.begun(each.run, 300_000)

        async with stack.client(client.token) as late:
            for each in sent:
                await late.begun(each.run, 300_000)
                await late.stop(each.run)
            for each in sent:
                assert (await late.ended(each.run)).text() == "ж" * 300_000
            assert late.mismatches == 0


async def test_the_reply_of_a_fresh_client_after_the_end_is_whole(stack: Stack) -> None:
    async with stack.client() as client:
        text = prompt("tokens:300 reasoning:20")
        sent = await client.send(text)
        await client.ended(sent.run)
        token = client.token

    async with stack.client(token) as later:
        await later.show(sent.conversation["id"])
        assert later.text(sent.message["id"]) == text
        assert_exact(later, sent, expected_text(text))


async def test_away_for_longer_than_history_reaches(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        many = [await send_paced(stack, client, 1_600, 250) for _ in range(12)]
        await second.begun(many[-1][0].run)
        left_at = await top_of_history(stack, client)
        async with second.away():
            for sent, _ in many:
                await client.ended(sent.run)
        assert await top_of_history(stack, client) - left_at > HISTORY

        # A position that can't be replayed from makes the client fetch the state again.
        for sent, expected in many:
            await assert_told_exactly(second, sent, expected)
        assert second.syncs == 2


async def top_of_history(stack: Stack, client: ChatClient) -> int:
    """Return the offset of the newest publication on the client's channel."""
    result = await stack.centrifugo.api("history", {"channel": client.welcome["channel"]})
    return int(result["offset"])
