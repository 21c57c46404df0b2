"""The service stops, crashes and comes back: every run has an end, and no client is left waiting."""

import asyncio

import pytest

from tests.client import ChatClient, Sent
from tests.fakes.openai_server import expected_text
from tests.stack import Stack

from .answers import asked, assert_exact, prompt, read_all, send_paced, text_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def assert_interrupted(client: ChatClient, sent: Sent, expected: str) -> str:
    """Wait for the run's end; check that it kept the beginning of its text, and return that."""
    run = await client.ended(sent.run)

    assert (run.status, run.finish_reason) == ("interrupted", "interrupted")
    kept = (await read_all(client, sent.conversation["id"]))[-1]
    assert kept["run"]["status"] == "interrupted"
    assert text_of(kept) == run.text()
    assert expected.startswith(run.text())
    assert len(run.text()) < len(expected)
    assert client.mismatches == 0
    return run.text()


async def test_stopped_in_mid_answer_it_lets_the_answer_finish(stack: Stack) -> None:
    async with stack.client() as client:
        sent, expected = await send_paced(stack, client, 2_000, 2_000)
        await client.begun(sent.run)

        assert await stack.service.process.stop() == 0
        await client.ended(sent.run)
        await stack.service.process.start()

        assert_exact(client, sent, expected)


async def test_an_answer_that_takes_too_long_for_a_stop_is_interrupted(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent, expected = await send_paced(stack, client, 40_000, 2_000)
        await client.begun(sent.run, 500)

        assert await stack.service.process.stop() == 0
        await stack.service.process.start()

        kept = {await assert_interrupted(each, sent, expected) for each in (client, second)}
        assert len(kept) == 1


async def test_killed_in_mid_answer_it_keeps_what_was_there(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent, expected = await send_paced(stack, client, 40_000, 1_000)
        # More than two seconds of text, so that the first of them must have been kept.
        await client.begun(sent.run, len(expected) * 2_500 // 40_000)

        await stack.service.process.kill()
        await stack.service.process.start()

        kept = {await assert_interrupted(each, sent, expected) for each in (client, second)}
        assert len(kept) == 1
        assert len(kept.pop()) > len(expected) * 1_000 // 40_000
        assert stack.openai.open_streams == 0


async def test_killed_together_with_centrifugo(stack: Stack) -> None:
    async with stack.client() as client:
        sent, expected = await send_paced(stack, client, 40_000, 1_000)
        await client.begun(sent.run, len(expected) * 2_500 // 40_000)

        await asyncio.gather(stack.service.process.kill(), stack.centrifugo.process.kill())
        await asyncio.gather(stack.service.process.start(), stack.centrifugo.process.start())

        await assert_interrupted(client, sent, expected)


async def test_a_prompt_sent_while_it_is_away_is_answered_when_it_is_back(stack: Stack) -> None:
    async with stack.client() as client:
        await stack.service.process.kill()
        text = prompt()
        sending = asyncio.create_task(client.send(text))
        await client.until(lambda: client.calls_repeated >= 2)
        await stack.service.process.start()

        sent = await sending
        await client.ended(sent.run)

        assert client.text(sent.reply["id"]) == expected_text(text)
        assert len(asked(stack, text)) == 1
        assert client.connections == 1


async def test_what_was_said_is_still_there_after_a_restart(stack: Stack) -> None:
    async with stack.client() as client:
        text = prompt()
        sent = await client.send(text)
        await client.ended(sent.run)
        token = client.token

        await stack.service.process.stop()
        await stack.service.process.start()

    async with stack.client(token) as later:
        kept = await read_all(later, sent.conversation["id"])
        assert [text_of(message) for message in kept] == [text, expected_text(text)]
        again = await later.send(prompt(), sent.conversation["id"])
        assert (await later.ended(again.run)).status == "completed"
