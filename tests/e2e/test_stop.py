"""Stop stops the bill: the upstream's socket closes at once, and what was said stays."""

import asyncio
import time

import pytest

from tests.client import new_id
from tests.fakes.openai_server import expected_text
from tests.stack import Stack

from .answers import asked, prompt, read_all, send_paced, text_of, until_asked

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOSED_WITHIN = 0.25
"""Seconds from the call of ``chat:stop`` until the upstream sees its socket closed."""


@pytest.mark.parametrize("wish", ["delay:30", "head:30"], ids=["after the head", "before the head"])
async def test_before_the_first_token(stack: Stack, wish: str) -> None:
    async with stack.client() as client:
        text = prompt(f"tokens:40 {wish}")
        sent = await client.send(text)
        request = await until_asked(stack, text)

        called = time.monotonic()
        await client.stop(sent.run)
        closed = await stack.openai.until_closed(request)

        assert closed - called <= CLOSED_WITHIN
        run = await client.ended(sent.run)
        assert (run.status, run.finish_reason, run.text()) == ("cancelled", "cancelled", "")
        assert run.usage
        assert run.usage["estimated"] is True


async def test_in_mid_answer_the_text_so_far_is_kept_on_all_clients(stack: Stack) -> None:
    async with stack.client() as client, stack.client(client.token) as second:
        sent, expected = await send_paced(stack, client, 20_000, 2_000)
        request = await until_asked(stack, sent.message["parts"][0]["text"])
        await client.begun(sent.run, 500)

        called = time.monotonic()
        await second.stop(sent.run)
        closed = await stack.openai.until_closed(request)

        assert closed - called <= CLOSED_WITHIN
        runs = [await each.ended(sent.run) for each in (client, second)]
        assert {run.status for run in runs} == {"cancelled"}
        kept = text_of((await read_all(client, sent.conversation["id"]))[-1])
        assert {run.text() for run in runs} == {kept}
        assert expected.startswith(kept)
        assert 500 <= len(kept) < len(expected)
        assert client.mismatches == second.mismatches == 0


async def test_twice_and_after_the_end_changes_nothing(stack: Stack) -> None:
    async with stack.client() as client:
        stopped = await client.send(prompt("tokens:40 delay:30"))
        await asyncio.gather(client.stop(stopped.run), client.stop(stopped.run))
        await client.ended(stopped.run)
        assert (await client.stop(stopped.run))["status"] == "cancelled"

        text = prompt()
        complete = await client.send(text)
        await client.ended(complete.run)
        assert (await client.stop(complete.run))["status"] == "completed"
        assert client.text(complete.reply["id"]) == expected_text(text)


async def test_by_client_message_id(stack: Stack) -> None:
    async with stack.client() as client:
        text, name = prompt("tokens:40 delay:30"), new_id()
        sent = await client.send(text, client_message_id=name)
        request = await until_asked(stack, text)

        reply = await client.call("chat:stop", {"client_message_id": name})

        assert reply["run"]["id"] == sent.run
        await stack.openai.until_closed(request)
        assert (await client.ended(sent.run)).status == "cancelled"


async def test_before_the_send_that_it_means(stack: Stack) -> None:
    async with stack.client() as client:
        text, name = prompt(), new_id()
        assert await client.call("chat:stop", {"client_message_id": name}) == {"run": None}

        sent = await client.send(text, client_message_id=name)

        run = await client.ended(sent.run)
        assert (run.status, run.text()) == ("cancelled", "")
        assert asked(stack, text) == []
        kept = await read_all(client, sent.conversation["id"])
        assert [text_of(message) for message in kept] == [text, ""]


async def test_a_stop_meant_for_one_guest_does_not_touch_another(stack: Stack) -> None:
    async with stack.client() as client, stack.client() as other:
        text, name = prompt(), new_id()
        await other.call("chat:stop", {"client_message_id": name})

        sent = await client.send(text, client_message_id=name)

        assert (await client.ended(sent.run)).status == "completed"


async def test_closing_every_tab_stops_nothing(stack: Stack) -> None:
    async with stack.client() as client:
        sent, expected = await send_paced(stack, client, 2_000, 2_000)
        request = await until_asked(stack, sent.message["parts"][0]["text"])
        token = client.token

    await stack.openai.until(lambda: request.finished)
    async with stack.client(token) as later:
        await later.show(sent.conversation["id"])
        await later.ended(sent.run)
        assert later.text(sent.reply["id"]) == expected
