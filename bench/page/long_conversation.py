"""A conversation of hundreds of messages: how fast it opens, and how fast keys are in it."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import Browser

from tests.client import ChatClient
from tests.fakes.openai_steps import Head, Pause, Stall, Step, Text, answer
from tests.stack import Stack

from ..figures import median, quantile, spread
from ..tables import say, table
from .browser import Tab, open_tab, until
from .goals import Goal
from .markdown import tokens

_ENDS_WITH = "and that was the last word"
_CLOCK = """
document.addEventListener("click", ({ timeStamp, target }) => {
  if (!target.closest?.("nav a")) return;
  window.opened = new Promise((done) => {
    const look = () => requestAnimationFrame(() => {
      const text = document.querySelector("[role=log] article:last-of-type")?.textContent ?? "";
      if (!text.includes("MARK")) return look();
      // A message comes after the frame in which the text was there.
      const after = new MessageChannel();
      after.port1.onmessage = () => done(performance.now() - timeStamp);
      after.port2.postMessage(null);
    });
    look();
  });
}, { capture: true });
""".replace("MARK", _ENDS_WITH)
"""Measures from a click in the list to the frame that shows the last message."""
_KEYS = "the quick brown fox jumps over the dog "


@dataclass(frozen=True, slots=True)
class Long:
    """How long the conversation is, and how often things are done in it."""

    messages: int
    openings: int
    keys: int
    rate: float
    """Tokens per second of the answer that streams meanwhile."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What keys took, in milliseconds."""

    work: list[float]
    """Of the main thread, from the key to the frame that shows it."""
    clock: list[float]
    """Between the two, the wait for the screen's next turn included."""


async def measure(browser: Browser, stack: Stack, long: Long) -> Sequence[Goal]:
    """Open a conversation from the list, and write in it."""
    async with stack.client() as client:
        await _fill(stack, client, long.messages)
        token = client.token
    first: list[float] = []
    again: list[float] = []
    for _ in range(long.openings):
        async with open_tab(browser, stack, token=token) as tab:
            await tab.page.evaluate(_CLOCK)
            first.append(await _open(tab))
            again.append(await _open(tab))
    async with open_tab(browser, stack, token=token) as tab:
        await tab.page.evaluate(_CLOCK)
        await _open(tab)
        newest = await _messages(tab)
        await _load_all(tab, long.messages)
        whole = [await _open(tab) for _ in range(long.openings)]
        quiet = await _type(tab, long.keys)
        streaming = await _type_while_streaming(tab, stack, long)
    async with open_tab(browser, stack) as tab:
        empty = await _type(tab, long.keys)
    say(f"A conversation of {long.messages} messages.")
    table(
        ["from the click to the frame with the last message", "ms"],
        [
            [f"for the first time: the newest {newest} messages are fetched", spread(first)],
            ["again", spread(again)],
            [f"all {long.messages} messages are known", spread(whole)],
        ],
    )
    table(
        ["keys", "n", "CPU until the frame, ms: p50", "p95", "clock until the frame, ms: p50", "p95"],
        [
            _row("in an empty conversation", empty),
            _row(f"all {long.messages} messages are known", quiet),
            _row(f"and an answer streams at {long.rate:.0f} tokens/s", streaming),
        ],
    )
    return [
        Goal(f"{long.messages} messages: opened", 300, "ms", first),
        Goal(f"{long.messages} messages, all known: opened", 300, "ms", whole),
        Goal(
            f"{long.messages} messages, all known: a key, CPU until the frame, p95",
            16,
            "ms",
            [quantile(quiet.work, 0.95)],
            1,
        ),
        Goal(
            "while an answer streams: a key, CPU until the frame, p95",
            16,
            "ms",
            [quantile(streaming.work, 0.95)],
            1,
        ),
    ]


async def _fill(stack: Stack, client: ChatClient, messages: int) -> None:
    """Send prompts, one after the other, until the conversation is that long."""
    conversation: str | None = None
    count = messages // 2
    for number in range(count):
        end = _ENDS_WITH if number == count - 1 else f"and that was answer {number}"
        text = "".join(tokens(120, seed=number))
        stack.openai.scripts.append(answer(f"{text}\n```\n\n{end}"))
        sent = await client.send(f"Question {number}", conversation)
        conversation = sent.conversation["id"]
        await client.ended(sent.run, timeout=20)


async def _open(tab: Tab) -> float:
    """Click the conversation in the list, coming from a new one; return the milliseconds that it took."""
    await tab.page.get_by_role("button", name="New conversation").first.click()
    await tab.page.locator("[role=log]").wait_for(state="detached")
    await tab.idle()
    await tab.page.get_by_role("navigation").get_by_role("link").first.click()
    return float(await tab.page.evaluate("window.opened"))


async def _messages(tab: Tab) -> int:
    return await tab.page.locator("[role=log] article").count()


async def _load_all(tab: Tab, messages: int) -> None:
    """Scroll up until every message is there."""

    async def all_there() -> bool:
        await tab.page.evaluate("document.querySelector('[role=log]').parentElement.scrollTop = 0")
        return await _messages(tab) >= messages

    await until(all_there, 60, f"all {messages} messages")
    await tab.idle()


async def _type(tab: Tab, keys: int) -> Keys:
    """Press keys as a fast writer does; the field is empty afterwards."""
    field = tab.page.get_by_label("Message", exact=True)
    await field.focus()
    chance = random.Random(keys)
    async with tab.traced() as trace:
        for at in range(keys):
            await tab.page.keyboard.press(_KEYS[at % len(_KEYS)])
            await asyncio.sleep(chance.uniform(0.04, 0.08))
        await tab.idle()
    await field.fill("")
    return Keys(trace.work_per_key(), trace.clock_per_key())


async def _type_while_streaming(tab: Tab, stack: Stack, long: Long) -> Keys:
    """Write while an answer comes in the same conversation."""
    steps: list[Step] = [Head()]
    for token in tokens(int(long.keys * 0.2 * long.rate)):
        steps += [Text(token), Pause(1 / long.rate)]
    stack.openai.scripts.append([*steps, Stall()])
    await tab.send("Go on and on")
    await tab.shows("Section 1", limit=10)
    keys = await _type(tab, long.keys)
    stop = tab.page.get_by_role("button", name="Stop")
    await stop.click()
    await stop.wait_for(state="detached")
    return keys


def _row(what: str, keys: Keys) -> list[object]:
    return [
        what,
        len(keys.work),
        f"{median(keys.work):.1f}",
        f"{quantile(keys.work, 0.95):.1f}",
        f"{median(keys.clock):.1f}",
        f"{quantile(keys.clock, 0.95):.1f}",
    ]
