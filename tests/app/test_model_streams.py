"""What the model says arrives whole, however the network and the server cut it."""

import gzip
import json
from typing import Any

import pytest

from proxy_app.adapters.models.reading import LONGEST_EVENT
from proxy_app.core.chunks import Usage
from proxy_app.errors import ModelBrokenError, ModelError, ModelRefusedError, ModelStalledError
from tests.fakes.openai_server import FakeOpenAI, expected_text
from tests.fakes.openai_steps import (
    DONE,
    Abort,
    Cut,
    Event,
    Finish,
    Head,
    Pause,
    Raw,
    Reasoning,
    Reply,
    Script,
    Stall,
    Text,
    answer,
)
from tests.fakes.openai_steps import Usage as UsageStep
from tests.fakes.openai_text import expected_reasoning

from .models import adapter, hear


def raw(event: object) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


@pytest.mark.parametrize("rate", [0, 500])
async def test_a_long_answer_arrives_to_the_letter(rate: int) -> None:
    prompt = f"tokens:{500 if rate else 20_000} rate:{rate} reasoning:10 split:1"
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        heard = await hear(model, prompt)

    assert heard.error is None
    assert heard.text == expected_text(prompt)
    assert heard.reasoning == expected_reasoning(prompt)
    assert heard.finish == "stop"
    assert heard.usage == Usage(len(prompt), openai.requests[0].sent)


async def test_an_answer_in_single_bytes() -> None:
    data = b"".join(raw({"choices": [{"delta": {"content": text}}]}) for text in ("né ", "世界 ", "🙂"))
    data += raw({"choices": [{"delta": {}, "finish_reason": "stop"}]}) + b"data: [DONE]\n\n"
    for end in (b"\n", b"\r\n", b"\r"):
        sent = b"\xef\xbb\xbf" + data.replace(b"\n", end)
        async with FakeOpenAI() as openai, adapter(openai.url) as model:
            openai.scripts.append([Raw(sent[at : at + 1]) for at in range(len(sent))])
            heard = await hear(model)

        assert heard.error is None
        assert heard.text == "né 世界 🙂"


async def test_a_surrogate_pair_in_two_deltas_is_one_character() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append(answer("a\ud83d", "\ude42b\ud83d", "c"))
        heard = await hear(model)

    assert heard.text == "a🙂b\ufffdc"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_reasoning_under_either_name(name: str) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append([Reasoning("Hm, ", name), Reasoning("well.", name), *answer("Yes.")])
        heard = await hear(model)

    assert (heard.reasoning, heard.text) == ("Hm, well.", "Yes.")


async def test_an_empty_answer_is_an_answer() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append(answer())
        heard = await hear(model)

    assert (heard.error, heard.text, heard.finish) == (None, "", "stop")


ENDS: dict[str, tuple[Script, Usage | None]] = {
    "usage in a chunk of its own": (answer("Hi"), Usage(7, 11)),
    "no usage": ([Text("Hi"), Finish(), DONE], None),
    "no end mark": ([Text("Hi"), Finish(), UsageStep()], Usage(7, 11)),
    "nothing after the finish": ([Text("Hi"), Finish()], None),
    "garbage after the finish": ([Text("Hi"), Finish(), Raw(b"data: \xff\n\n"), UsageStep()], None),
    "a reset after the finish": ([Text("Hi"), Finish(), Pause(0.05), Abort()], None),
    "no last empty line": (
        [Text("Hi"), Raw(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}')],
        None,
    ),
    "usage along with the finish": (
        [
            Text("Hi"),
            Event(
                {
                    "choices": [{"delta": {}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 1, "completion_tokens": 2},
                }
            ),
        ],
        Usage(1, 2),
    ),
}


@pytest.mark.parametrize(("script", "usage"), ENDS.values(), ids=ENDS)
async def test_an_end_is_an_end_with_and_without_usage(script: Script, usage: Usage | None) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append(script)
        heard = await hear(model)

    assert (heard.error, heard.text, heard.finish) == (None, "Hi", "stop")
    assert heard.usage == usage


async def test_a_server_that_stays_silent_after_the_finish_is_soon_left() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, stall_timeout=60) as model:
        openai.scripts.append([Text("Hi"), Finish(), Stall()])
        heard = await hear(model)
        closed = await openai.until_closed(openai.requests[0])

    assert (heard.error, heard.finish, heard.usage) == (None, "stop", None)
    assert closed - openai.requests[0].opened_at < 3


BREAKS: dict[str, Script] = {
    "a reset": [Text("Hel"), Pause(0.05), Abort()],
    "a close": [Text("Hel"), Cut()],
    "the end of the body": [Text("Hel")],
    "the end mark without a finish": [Text("Hel"), DONE],
    "half an event": [Text("Hel"), Raw(b'data: {"choices":[{"delta":{"content":"lo')],
    "garbage for an event": [Text("Hel"), Raw(b"data: \x00\xff\xfe garbage\n\n"), *answer("lo")],
    "garbage for a stream": [Text("Hel"), Raw(bytes(range(256)) * 8)],
    "an event of the wrong shape": [Text("Hel"), Event({"choices": [{"delta": {"content": [1]}}]})],
    "an event without an end": [Text("Hel"), *[Raw(b"x" * 65_536)] * (LONGEST_EVENT // 65_536 + 1), Stall()],
}


@pytest.mark.parametrize("script", BREAKS.values(), ids=BREAKS)
async def test_a_break_keeps_what_was_said_before(script: Script) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts.append(script)
        heard = await hear(model)

    assert type(heard.error) is ModelBrokenError
    assert heard.text == "Hel"
    assert heard.finish is None
    assert len(openai.requests) == 1  # Nothing is asked again once a token was there.


async def test_silence_is_noticed_and_the_connection_closed() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, stall_timeout=0.1) as model:
        openai.scripts.append([Text("Hel"), Stall()])
        heard = await hear(model)
        await openai.until_closed(openai.requests[0])

    assert type(heard.error) is ModelStalledError
    assert heard.text == "Hel"


async def test_silence_before_the_first_token_is_noticed_too() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, stall_timeout=0.1) as model:
        openai.scripts.append([Head(), Stall()])
        heard = await hear(model)

    assert type(heard.error) is ModelStalledError


async def test_comments_are_signs_of_life() -> None:
    waits = [step for _ in range(8) for step in (Pause(0.1), Raw(b": still thinking\n\n"))]
    async with FakeOpenAI() as openai, adapter(openai.url, stall_timeout=0.5) as model:
        openai.scripts.append([Text("Hel"), *waits, *answer("lo")])
        heard = await hear(model)

    assert (heard.error, heard.text) == (None, "Hello")


async def test_a_content_filter_before_the_first_token_is_a_refusal() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append(
            [Event({"choices": [{"delta": {"content": ""}}]}), *answer(reason="content_filter")]
        )
        heard = await hear(model)

    assert type(heard.error) is ModelRefusedError
    assert heard.finish is None


@pytest.mark.parametrize("end", [Finish("content_filter"), Event({"error": {"code": "content_filter"}})])
async def test_a_content_filter_within_the_text_is_an_end(end: Finish | Event) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append([Text("Hel"), end])
        heard = await hear(model)

    assert (heard.error, heard.text, heard.finish) == (None, "Hel", "content-filter")


async def test_a_compressed_stream_is_understood() -> None:
    stream = b"".join(
        raw({"choices": [{"delta": delta, "finish_reason": reason}]})
        for delta, reason in [({"content": "packed"}, None), ({}, "stop")]
    )
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Content-Encoding": "gzip"}
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts.append([Head(headers=headers), Raw(gzip.compress(stream))])
        heard = await hear(model)

    assert (heard.error, heard.text) == (None, "packed")
    assert openai.requests[0].headers["Accept-Encoding"] == "identity"


async def test_what_is_asked_for() -> None:
    async with FakeOpenAI(api_key="sk-right") as openai, adapter(openai.url, api_key="sk-right") as model:
        await hear(model, "Hi 🙂")

    body = openai.requests[0].body
    assert body == {
        "model": "fake-model",
        "messages": [{"role": "user", "content": "Hi 🙂"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 100,
    }


async def test_a_server_of_ones_own_gets_a_placeholder_for_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-somebody-else")
    async with FakeOpenAI() as openai, adapter(openai.url, api_key=None) as model:
        await hear(model)

    assert openai.requests[0].headers["Authorization"] == "Bearer no-key"


REFUSALS: dict[str, tuple[Reply, set[str]]] = {
    "stream_options": (
        Reply(400, {"error": {"message": "Unrecognized request argument supplied: stream_options"}}),
        {"max_tokens"},
    ),
    "stream_options, FastAPI": (
        Reply(
            422, {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}
        ),
        {"max_tokens"},
    ),
    "max_tokens": (
        Reply(400, {"error": {"message": "Unsupported parameter.", "param": "max_tokens"}}),
        {"max_completion_tokens", "stream_options"},
    ),
}


@pytest.mark.parametrize(("refusal", "optional"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refused_parameter_is_left_out_from_then_on(refusal: Reply, optional: set[str]) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url) as model:
        openai.scripts += [[refusal], answer("Hi"), answer("Hi again")]
        assert (await hear(model)).text == "Hi"
        assert (await hear(model)).text == "Hi again"

    assert len(openai.requests) == 3
    for request in openai.requests[1:]:
        names = {"stream_options", "max_tokens", "max_completion_tokens"}
        assert set(request.body) & names == optional


async def test_a_server_that_refuses_everything_is_not_asked_for_ever() -> None:
    refusal: dict[str, Any] = {"message": "no stream_options, no max_tokens, no max_completion_tokens"}
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts += [[Reply(400, {"error": refusal})] for _ in range(9)]
        heard = await hear(model)

    assert isinstance(heard.error, ModelError)
    assert len(openai.requests) == 3
