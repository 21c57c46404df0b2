"""Prompts whose answers are known, and how fast they come."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from tests.client import ChatClient, Sent
from tests.fakes.openai_server import FakeRequest, expected_text
from tests.fakes.openai_steps import DONE, Finish, Head, Pause, Script, Step, Text, Usage
from tests.fakes.openai_text import text_deltas
from tests.stack import Stack

Json = dict[str, Any]
TICK = 0.02
"""Seconds between two bursts of a paced answer."""


def prompt(wish: str = "tokens:40") -> str:
    """Return a prompt that nobody has sent before; ``wish`` says what the upstream does with it."""
    return f"{wish} please, for {uuid.uuid4().hex}"


def paced(text: str, rate: float) -> Script:
    """Return the script of the prompt's answer at ``rate`` tokens per second, however many those are."""
    deltas = text_deltas(text)
    each = max(1, round(rate * TICK))
    steps: list[Step] = [Head()]
    for at in range(0, len(deltas), each):
        steps += [*map(Text, deltas[at : at + each]), Pause(TICK)]
    return [*steps, Finish(), Usage(), DONE]


def asked(stack: Stack, text: str) -> list[FakeRequest]:
    """Return the requests that reached the upstream for this prompt."""
    return [request for request in stack.openai.requests if request.prompt == text]


async def until_asked(stack: Stack, text: str) -> FakeRequest:
    """Wait until the prompt has reached the upstream."""
    await stack.openai.until(lambda: bool(asked(stack, text)))
    return asked(stack, text)[0]


async def send_paced(stack: Stack, client: ChatClient, tokens: int, rate: float) -> tuple[Sent, str]:
    """Send a prompt whose answer comes at that rate; return what was replied and the text to expect."""
    text = prompt(f"tokens:{tokens}")
    stack.openai.scripts.append(paced(text, rate))
    sent = await client.send(text)
    await until_asked(stack, text)  # Now the script is taken, and can't be another prompt's.
    return sent, expected_text(text)


async def read_all(client: ChatClient, conversation: str) -> list[Json]:
    """Return the messages of the branch shown, page by page, oldest first."""
    messages: list[Json] = []
    before: Json = {}
    while True:
        page = await client.call("chat:conversation", {"conversation": conversation, **before})
        messages = page["messages"] + messages
        if page["next"] is None:
            return messages
        before = {"before": page["next"]}


def text_of(message: Json) -> str:
    """Return the text of a whole Message."""
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


def assert_exact(client: ChatClient, sent: Sent, expected: str) -> None:
    """Compare a text that may be very long, and say where it differs."""
    text = client.text(sent.reply["id"])
    same = next((at for at, (a, b) in enumerate(zip(text, expected, strict=False)) if a != b), None)
    at = same if same is not None else min(len(text), len(expected))
    window = slice(max(0, at - 20), at + 20)
    assert text == expected, (
        f"{len(text)} of {len(expected)} characters, different from {at} on:"
        f" {text[window]!r}, not {expected[window]!r}"
    )


async def repeatedly(action: Callable[[], None], every: float) -> None:
    """Do something again and again, until cancelled: a disturbance, not a wait."""
    while True:
        await asyncio.sleep(every)
        action()
