"""The scripted answerer speaks OpenAI's way well enough for the real adapter, and hides nothing."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from proxy_app.launcher.scripted_model import create_app, script

from .models import adapter, hear


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with TestServer(create_app(pause=0)) as server:
        yield str(server.make_url("/v1"))


async def test_it_says_what_it_is_and_what_was_written(url: str) -> None:
    prompt = "Hello 🙂\n\n<b>second line</b> {prompt}"
    async with adapter(url, models=(), max_output_tokens=8192) as model:
        heard = await hear(model, prompt, name="default")
        assert model.models()[0].name == "scripted-answerer"

    assert (heard.error, heard.finish) == (None, "stop")
    assert "not a language model" in heard.text
    assert "> Hello 🙂\n> \n> <b>second line</b> {prompt}\n" in heard.text
    assert heard.usage is not None
    assert heard.usage.output_tokens == len(script(prompt)) == len(heard.text.split())


async def test_it_keeps_to_the_token_limit(url: str) -> None:
    async with adapter(url, max_output_tokens=5) as model:
        heard = await hear(model)

    assert (heard.finish, len(heard.text.split())) == ("length", 5)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"messages": []}',
        '{"messages": [{"content": "Hi"}]}',
        '{"messages": [{"content": 5}]}',
    ],
)
async def test_what_is_no_streamed_completion_is_refused(url: str, body: str) -> None:
    async with ClientSession() as http, http.post(f"{url}/chat/completions", data=body) as reply:
        assert reply.status == 400
        assert (await reply.json())["error"]["message"]
