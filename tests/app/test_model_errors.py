"""Every way in which an upstream can fail becomes its own typed error."""

import asyncio
import socket
import traceback
from typing import Any

import pytest

from proxy_app.errors import (
    ContextTooLongError,
    ModelAuthError,
    ModelBrokenError,
    ModelError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelRateLimitedError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnreachableError,
    QuotaExceededError,
)
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.openai_steps import Abort, Event, Reasoning, Reply, Stall

from .models import adapter, hear


def error(status: int, message: str = "", **fields: Any) -> Reply:
    return Reply(status, {"error": {"message": message, **fields}})


LLAMA_CPP = {
    "code": 400,
    "message": "request (9412 tokens) exceeds the available context size (8192 tokens), try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 9412,
    "n_ctx": 8192,
}
VLLM = (
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the "
    "messages, 1000 in the completion). Please reduce the length of the messages or completion."
)

ANSWERS = {
    "wrong key": (error(401, "Incorrect API key provided.", code="invalid_api_key"), ModelAuthError),
    "forbidden": (error(403, "Country not supported."), ModelAuthError),
    "unknown model": (
        error(404, "The model `x` does not exist.", code="model_not_found"),
        ModelNotFoundError,
    ),
    "unknown path": (Reply(404, b"404 page not found"), ModelNotFoundError),
    "unknown model, by code": (
        error(403, "No access to the model.", code="model_not_found"),
        ModelNotFoundError,
    ),
    "rate limit": (error(429, "Rate limit reached.", code="rate_limit_exceeded"), ModelRateLimitedError),
    "rate limit, bare": (Reply(429), ModelRateLimitedError),
    "tokens per minute": (
        error(429, "Request too large: maximum context length per minute", code="rate_limit_exceeded"),
        ModelRateLimitedError,
    ),
    "quota": (error(429, "You exceeded your current quota.", type="insufficient_quota"), QuotaExceededError),
    "no credit": (error(402, "Insufficient Balance"), QuotaExceededError),
    "internal error": (error(500, "The server had an error."), ModelOverloadedError),
    "bad gateway": (Reply(502, b"<html>Bad gateway</html>"), ModelOverloadedError),
    "unavailable": (Reply(503), ModelOverloadedError),
    "overloaded": (error(529, type="overloaded_error"), ModelOverloadedError),
    "context, OpenAI": (error(400, "Too long.", code="context_length_exceeded"), ContextTooLongError),
    "context, llama.cpp": (Reply(400, {"error": LLAMA_CPP}), ContextTooLongError),
    "context, vLLM": (
        Reply(
            400, {"object": "error", "message": VLLM, "type": "BadRequestError", "param": None, "code": 400}
        ),
        ContextTooLongError,
    ),
    "context, vLLM, newer": (
        error(400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."),
        ContextTooLongError,
    ),
    "context, Ollama": (
        error(500, "the input length exceeds the context length", type="api_error"),
        ContextTooLongError,
    ),
    "content filter": (
        error(400, "Filtered.", code="content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}),
        ModelRefusedError,
    ),
    "request time": (Reply(408), ModelTimeoutError),
    "not accepted": (error(400, "Invalid value for 'temperature'."), ModelBrokenError),
    "not accepted, FastAPI": (
        Reply(422, {"detail": [{"loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]}),
        ModelBrokenError,
    ),
    "a list of errors": (
        Reply(400, [{"error": {"code": 404, "message": "models/x is not found"}}]),
        ModelBrokenError,
    ),
    "200 with a page": (
        Reply(200, b"<html><h1>Welcome</h1></html>", {"Content-Type": "text/html"}),
        ModelBrokenError,
    ),
    "200 with an error": (error(200, "Wait.", code=429), ModelRateLimitedError),
    "200 with another object": (Reply(200, {"hello": "world"}), ModelBrokenError),
    "200 with nothing": (Reply(200), ModelBrokenError),
}


@pytest.mark.parametrize(("reply", "kind"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_that_is_no_stream(reply: Reply, kind: type[ModelError]) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append([reply])
        heard = await hear(model)

    assert type(heard.error) is kind
    assert heard.chunks == []
    assert len(openai.requests) == 1


EVENTS = {
    "overloaded": ({"error": {"message": "Overloaded", "type": "overloaded_error"}}, ModelOverloadedError),
    "status as code": ({"error": {"code": 502, "message": "Provider gone"}}, ModelOverloadedError),
    "rate limit": ({"error": {"code": "rate_limit_exceeded"}, "choices": []}, ModelRateLimitedError),
    "context": ({"error": LLAMA_CPP}, ContextTooLongError),
    "context, vLLM": ({"object": "error", "message": VLLM, "code": 400}, ContextTooLongError),
    "content filter": ({"error": {"code": "content_filter"}}, ModelRefusedError),
    "plain words": ({"error": "something broke"}, ModelBrokenError),
    "breakdown": ({"choices": [{"delta": {}, "finish_reason": "error"}]}, ModelBrokenError),
}


@pytest.mark.parametrize(("event", "kind"), EVENTS.values(), ids=EVENTS)
async def test_a_failure_within_the_stream(event: dict[str, object], kind: type[ModelError]) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts.append([Reasoning("Hm"), Event(event)])
        heard = await hear(model)

    assert type(heard.error) is kind
    assert heard.reasoning == "Hm"
    assert len(openai.requests) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after-ms": "2500", "Retry-After": "9"}, 2.5),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
async def test_a_rate_limit_tells_when_to_try_again(headers: dict[str, str], seconds: float | None) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append([Reply(429, {"error": {"message": "Slow down."}}, headers)])
        heard = await hear(model)

    assert isinstance(heard.error, ModelRateLimitedError)
    assert heard.error.retry_after == seconds


async def test_connection_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound, but nobody listens.
        async with adapter(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", retries=1) as model:
            heard = await hear(model)

    assert type(heard.error) is ModelUnreachableError


async def test_a_name_that_does_not_resolve() -> None:
    async with adapter("http://no-such-host.invalid/v1") as model:
        heard = await hear(model)

    assert type(heard.error) is ModelUnreachableError


async def test_a_reset_before_the_head() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts += [[Abort()], [Abort()]]
        heard = await hear(model)

    assert type(heard.error) is ModelUnreachableError


async def test_no_head_in_time() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, head_timeout=1, retries=2) as model:
        openai.scripts.append([Stall()])
        heard = await hear(model)
        await openai.until_closed(openai.requests[0])

    assert type(heard.error) is ModelTimeoutError
    assert len(openai.requests) == 1  # Whoever is slow would only be slower with two questions.


async def test_something_that_does_not_speak_http() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x01 220 mail.example.org ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server, adapter(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1") as model:
        heard = await hear(model)

    assert type(heard.error) is ModelBrokenError


async def test_the_user_is_told_a_sentence_and_the_log_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    prompt = "My diary: today I was sad."
    key = "sk-very-secret-key"
    async with FakeOpenAI() as openai, adapter(openai.url, api_key=key) as model:
        echo = f"Key {key} may not ask\r\n\x1b[31m{prompt!s} " + "x" * 5000
        for status in (401, 400, 500, 200):
            openai.scripts.append([error(status, echo)])
            heard = await hear(model, prompt)
            assert heard.error is not None
            shown = "".join(traceback.format_exception(heard.error))
            assert key not in shown
            assert "diary" not in shown
            assert str(heard.error).isprintable()

    logged = [record.getMessage() for record in caplog.records if record.name.startswith("proxy_app")]
    assert len(logged) == 4
    for line in logged:
        assert key not in line
        assert "diary" not in line
        assert line.isprintable()
        assert len(line) < 400
