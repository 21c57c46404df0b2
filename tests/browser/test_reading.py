"""Reading while an answer grows, and hearing instead of seeing."""

import asyncio
from functools import partial

import pytest
from playwright.async_api import expect

from tests.fakes.openai_steps import DONE, Finish, Pause, Step, Text, Wait, answer
from tests.stack import Stack

from .chat_page import eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FROM_BOTTOM = """log => {
    const view = log.parentElement;
    return view.scrollHeight - view.scrollTop - view.clientHeight;
}"""

ENDS_WITH = "(part, mark) => part.lastChild.textContent.trimEnd().endsWith(mark)"
"""Looks at the end only, since reading all of a long text is work, too."""


async def test_the_view_follows_at_the_bottom_and_stays_elsewhere(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    go_on = [asyncio.Event() for _ in range(3)]
    lines = [Text(f"line {number}\n") for number in range(60)]
    stack.openai.scripts.append(
        [
            *lines,
            Wait(go_on[0]),
            *lines,
            Text("second"),
            Wait(go_on[1]),
            *lines,
            Wait(go_on[2]),
            Finish(),
            DONE,
        ]
    )
    await tab.send("Many lines")
    await expect(tab.answers).to_contain_text("line 59")
    log = tab.page.get_by_role("log")
    jump = tab.page.get_by_role("button", name="Jump to the latest")

    async def at_bottom() -> bool:
        return bool(await log.evaluate(FROM_BOTTOM) <= 1)

    # Who asked reads from the beginning; nothing moves until they do.
    await expect(tab.prompts).to_be_in_viewport()
    await jump.click()
    await eventually(at_bottom, "the view to jump")
    await expect(jump).to_have_count(0)
    go_on[0].set()
    await expect(tab.answers).to_contain_text("second")
    await eventually(at_bottom, "the view to follow")
    await log.hover()
    await tab.page.mouse.wheel(0, -400)
    await expect(jump).to_be_visible()

    async def is_still() -> bool:
        return bool(await log.evaluate(FROM_BOTTOM) >= 399)

    await eventually(is_still, "the wheel to have turned all the way")
    before = await log.evaluate("log => log.parentElement.scrollTop")
    for event in go_on:
        event.set()
    await tab.answered()
    assert await log.evaluate("log => log.parentElement.scrollTop") == before

    # Going back to the bottom is following again.
    await tab.page.mouse.wheel(0, 100_000)
    await expect(jump).to_have_count(0)
    await eventually(at_bottom, "the view to be at the bottom")


async def test_a_selection_survives_what_comes_after_it(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("Keep this, "), Wait(go_on), Text("and go on."), Finish(), DONE])
    await tab.send("Hi")
    await expect(tab.answers).to_contain_text("Keep this")

    await tab.page.get_by_text("Keep this").evaluate(
        "block => getSelection().setBaseAndExtent(block.firstChild, 0, block.firstChild, 9)"
    )
    go_on.set()
    await tab.answered()

    assert await tab.page.evaluate("String(getSelection())") == "Keep this"


async def test_a_screen_reader_hears_boundaries_only(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("Hello"), Wait(go_on), Text(" there"), Finish(), DONE])
    status = tab.page.get_by_role("main").get_by_role("status")

    await tab.send("Hi")
    await expect(status).to_have_text("Answering…")
    await expect(tab.page.get_by_role("log")).to_have_attribute("aria-live", "off")
    go_on.set()

    await expect(status).to_have_text("The answer is complete.")


async def test_a_long_answer_costs_no_more_than_a_short_one(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    cdp = await tab.page.context.new_cdp_session(tab.page)
    await cdp.send("Performance.enable")

    async def busy() -> float:
        """Return the seconds that the page's main thread has worked so far."""
        metrics = (await cdp.send("Performance.getMetrics"))["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    async def ends_with(mark: str) -> bool:
        return bool(await tab.page.locator("[data-part=text]").evaluate(ENDS_WITH, mark))

    go_on = [asyncio.Event() for _ in range(3)]
    second: list[Step] = []
    for _ in range(50):  # A second's worth of stream, at 1,000 tokens per second.
        second += [*[Text("another word ")] * 20, Pause(0.02)]
    stack.openai.scripts.append(
        [
            *(Text("begin\n\n"), Wait(go_on[0]), *second, Text("early\n\n"), Wait(go_on[1])),
            *(Text("another word " * 20 + "\n\n") for _ in range(800)),
            *(Text("much\n\n"), Wait(go_on[2]), *second, Text("late"), Finish(), DONE),
        ]
    )
    await tab.send("A lot")
    await expect(tab.answers).to_contain_text("begin")
    took = []
    for gate, mark in zip(go_on, ("early", "much", "late"), strict=True):
        before = await busy()
        gate.set()
        await eventually(partial(ends_with, mark), f"“{mark}”")
        took.append(await busy() - before)

    early, _, late = took
    assert late < 2.5 * early
    await tab.answered()


async def test_the_page_says_which_model_answered(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Hi")
    await tab.answered()

    await expect(tab.answers).to_contain_text("fake-model")
    await expect(tab.page.get_by_text("demo model")).to_have_count(0)
