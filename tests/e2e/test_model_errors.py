"""What goes wrong at the model reaches the client as a code and a sentence, and the text so far is kept."""

from dataclasses import dataclass

import pytest

from tests.client import ChatClient
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import DONE, Abort, Cut, Event, Finish, Head, Raw, Reply, Script, Stall, Text
from tests.fakes.openai_text import expected_reasoning
from tests.stack import Stack

from .answers import asked, prompt, read_all, text_of, until_asked

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class Failure:
    """A script of the upstream, and how the run must end."""

    script: Script
    code: str
    text: str = ""
    calls: int = 1
    """How often the upstream is asked: what may pass is tried once more, before the first token."""
    retry_after: float | None = None
    finish_reason: str = "error"


def refusal(status: int, **error: object) -> Script:
    """Return OpenAI's form of an error."""
    return [Reply(status, {"error": {"message": "upstream-detail", **error}})]


SAID = [Text("Hello"), Text(", 世界")]
FAILURES = {
    "wrong key": Failure(refusal(401, code="invalid_api_key"), "model_auth"),
    "forbidden": Failure(refusal(403), "model_auth"),
    "unknown model": Failure(refusal(404, code="model_not_found"), "model_not_found"),
    "rate limited": Failure(refusal(429, code="rate_limit_exceeded"), "model_rate_limited", calls=2),
    "rate limited, try later": Failure(
        [Reply(429, {"error": {"code": "rate_limit_exceeded"}}, {"Retry-After": "77"})],
        "model_rate_limited",
        retry_after=77,
    ),
    "quota used up": Failure(
        refusal(429, code="insufficient_quota", type="insufficient_quota"), "quota_exceeded"
    ),
    "in trouble": Failure(refusal(500), "model_overloaded", calls=2),
    "overloaded": Failure(refusal(503), "model_overloaded", calls=2),
    "context too long": Failure(refusal(400, code="context_length_exceeded"), "context_too_long"),
    "no head in time": Failure([Stall()], "model_timeout"),
    # A connection kept from an earlier call may have been closed meanwhile, which is worth one more.
    "connection reset before the head": Failure([Abort()], "model_unreachable", calls=3),
    "reset in mid-stream": Failure([*SAID, Abort()], "model_broken", "Hello, 世界"),
    "closed in mid-stream": Failure([*SAID, Cut()], "model_broken", "Hello, 世界"),
    "ends without an end": Failure([*SAID, Raw(b"")], "model_broken", "Hello, 世界"),
    "garbage": Failure([*SAID, Raw(b"data: {\xff\xfe nonsense\n\n")], "model_broken", "Hello, 世界"),
    "an error in the stream": Failure(
        [*SAID, Event({"error": {"message": "upstream-detail", "code": 500}}), DONE],
        "model_overloaded",
        "Hello, 世界",
    ),
    "silent in mid-stream": Failure([*SAID, Stall()], "model_stalled", "Hello, 世界"),
    "silent after the head": Failure([Head(), Stall()], "model_stalled"),
    "refused by the filter": Failure(
        [Finish("content_filter"), DONE], "model_refused", finish_reason="content-filter"
    ),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_failure_has_a_code_and_a_sentence_and_keeps_the_text(stack: Stack, name: str) -> None:
    failure = FAILURES[name]
    async with stack.client() as client:
        text = prompt()
        stack.openai.scripts.extend([failure.script] * failure.calls)

        sent = await client.send(text)

        run = await client.ended(sent.run)
        assert run.error
        assert (run.status, run.error["code"], run.text()) == ("failed", failure.code, failure.text)
        assert run.finish_reason == failure.finish_reason
        assert run.error.get("retry_after") == failure.retry_after
        assert_a_sentence(run.error["message"])
        kept = (await read_all(client, sent.conversation["id"]))[-1]
        assert (text_of(kept), kept["run"]["status"]) == (failure.text, "failed")
        assert kept["run"]["error"] == run.error
        assert len(asked(stack, text)) == failure.calls
        assert list(stack.openai.scripts) == []
        await assert_the_conversation_goes_on(stack, client, sent.conversation["id"])


def assert_a_sentence(message: str) -> None:
    """Check that a message is for the user and tells nothing of the upstream."""
    assert message[0].isupper()
    assert message[-1] in ".!?"
    assert "upstream-detail" not in message
    assert "Traceback" not in message


async def assert_the_conversation_goes_on(stack: Stack, client: ChatClient, conversation: str) -> None:
    """Send another prompt into the conversation."""
    text = prompt()
    sent = await client.send(text, conversation)
    assert (await client.ended(sent.run)).status == "completed"
    assert client.text(sent.reply["id"]) == expected_text(text)


@pytest.mark.parametrize(("finish", "reason"), [("length", "length"), ("content_filter", "content-filter")])
async def test_an_answer_that_a_limit_ends_is_incomplete(stack: Stack, finish: str, reason: str) -> None:
    async with stack.client() as client:
        text = prompt(f"tokens:20 finish:{finish}")
        sent = await client.send(text)

        run = await client.ended(sent.run)

        assert (run.status, run.finish_reason, run.error) == ("incomplete", reason, None)
        assert client.text(sent.reply["id"]) == expected_text(text)


async def test_an_answer_above_the_limit_is_incomplete(stack: Stack) -> None:
    async with stack.client() as client:
        text = prompt()
        # The limit falls between the halves of a surrogate pair.
        stack.openai.scripts.append([Text("a"), *[Text("𝒳" * 50_000)] * 11, Stall()])
        sent = await client.send(text)

        run = await client.ended(sent.run)

        assert (run.status, run.finish_reason, run.error) == ("incomplete", "length", None)
        assert run.text() == "a" + "𝒳" * 499_999
        await stack.openai.until_closed(await until_asked(stack, text))


async def test_an_empty_answer_with_a_regular_end_is_complete(stack: Stack) -> None:
    async with stack.client() as client:
        sent = await client.send(prompt("tokens:0"))

        run = await client.ended(sent.run)

        assert (run.status, run.finish_reason, run.text()) == ("completed", "stop", "")


async def test_a_split_surrogate_pair_is_joined(stack: Stack) -> None:
    async with stack.client() as client:
        text = prompt("tokens:400 split:1")
        sent = await client.send(text)

        await client.ended(sent.run)

        assert client.text(sent.reply["id"]) == expected_text(text)


@pytest.mark.parametrize("usage", [0, 1])
async def test_usage_is_told_or_estimated(stack: Stack, usage: int) -> None:
    async with stack.client() as client:
        sent = await client.send(prompt(f"tokens:50 usage:{usage}"))

        run = await client.ended(sent.run)

        assert run.usage
        assert run.usage.get("estimated", False) is not bool(usage)
        assert run.usage["output_tokens"] == 50 if usage else run.usage["output_tokens"] > 0


async def test_a_failure_that_passes_before_the_first_token_is_not_seen(stack: Stack) -> None:
    async with stack.client() as client:
        text = prompt()
        stack.openai.scripts.append(refusal(503))

        sent = await client.send(text)

        assert (await client.ended(sent.run)).status == "completed"
        assert client.text(sent.reply["id"]) == expected_text(text)
        assert len(asked(stack, text)) == 2


async def test_reasoning_travels_beside_the_text(stack: Stack) -> None:
    async with stack.client() as client:
        text = prompt("tokens:50 reasoning:30")
        sent = await client.send(text)

        run = await client.ended(sent.run)

        assert run.text() == expected_text(text)
        assert run.text("reasoning") == expected_reasoning(text)
