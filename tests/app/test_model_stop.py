"""Leaving a completion closes the upstream's socket at once, wherever the reader is."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from proxy_app.adapters.models import OpenAIChatModel
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.openai_steps import Head, Stall, Text, answer

from .models import adapter, hear, prompt_of

AT_ONCE = 0.25


@pytest.fixture
async def openai() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as openai:
        yield openai


@pytest.fixture
async def model(openai: FakeOpenAI) -> AsyncIterator[OpenAIChatModel]:
    async with adapter(openai.url, retries=2) as model:
        yield model


async def test_leaving_the_block_in_mid_answer(openai: FakeOpenAI, model: OpenAIChatModel) -> None:
    async with model.stream("fake-model", prompt_of("tokens:10000 rate:100")) as reads:
        await anext(reads)
        left = time.monotonic()

    assert await openai.until_closed(openai.requests[0]) - left < AT_ONCE


async def test_leaving_the_block_without_reading(openai: FakeOpenAI, model: OpenAIChatModel) -> None:
    async with model.stream("fake-model", prompt_of("tokens:10000 rate:100")):
        left = time.monotonic()

    assert await openai.until_closed(openai.requests[0]) - left < AT_ONCE


async def test_an_exception_in_the_block(openai: FakeOpenAI, model: OpenAIChatModel) -> None:
    with suppress(ZeroDivisionError):
        async with model.stream("fake-model", prompt_of("tokens:10000 rate:100")) as reads:
            await anext(reads)
            left = time.monotonic()
            raise ZeroDivisionError

    assert await openai.until_closed(openai.requests[0]) - left < AT_ONCE


@pytest.mark.parametrize(
    "script",
    [[Stall()], [Head(), Stall()], [Text("Hel"), Stall()]],
    ids=["waiting for the head", "waiting for the first token", "waiting for more"],
)
async def test_cancelling_a_wait(
    openai: FakeOpenAI, model: OpenAIChatModel, script: list[Head | Text | Stall]
) -> None:
    openai.scripts.append(script)
    waiting = asyncio.create_task(hear(model))
    await openai.until(lambda: bool(openai.requests))
    await asyncio.sleep(0.05)  # Into the wait that is meant; the test holds in any other, too.
    left = time.monotonic()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert await openai.until_closed(openai.requests[0]) - left < AT_ONCE
    assert len(openai.requests) == 1


async def test_cancelling_between_two_tries(openai: FakeOpenAI) -> None:
    async with adapter(openai.url, retries=2, retry_delay=60) as model:
        waiting = asyncio.create_task(hear(model, "fail:503"))
        await openai.until(lambda: bool(openai.requests and openai.requests[0].finished))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert len(openai.requests) == 1


async def test_a_stopped_answer_does_not_disturb_others(openai: FakeOpenAI, model: OpenAIChatModel) -> None:
    others = [asyncio.create_task(hear(model, f"tokens:50 rate:200 seed:{n}")) for n in range(20)]
    async with model.stream("fake-model", prompt_of("tokens:10000 rate:100")) as reads:
        await anext(reads)
    for heard in await asyncio.gather(*others):
        assert (heard.error, heard.finish) == (None, "stop")
    await openai.until(lambda: openai.open_streams == 0)


async def test_a_whole_answer_leaves_its_connection_to_the_next(openai: FakeOpenAI) -> None:
    async with adapter(openai.url) as model:
        await openai.until(lambda: openai.model_lists == 1)
        for _ in range(5):
            openai.scripts.append(answer("Hi"))
            assert (await hear(model)).text == "Hi"

        assert openai.open_connections == 1


async def test_closing_the_adapter_closes_everything(openai: FakeOpenAI) -> None:
    async with adapter(openai.url) as model:
        await hear(model)

    await openai.until(lambda: openai.open_connections == 0)
