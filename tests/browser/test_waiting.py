"""Writing while an answer runs: stop it, or wait for its end; and where the view goes."""

import asyncio
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.e2e.answers import asked, prompt
from tests.fakes.openai_steps import DONE, Finish, Stall, Text, Wait, answer
from tests.stack import Stack

from .chat_page import ChatPage, eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAITS = "Waits for the answer to end."


async def answering(stack: Stack, tab: ChatPage) -> asyncio.Event:
    """Ask something that is answered until the event is set."""
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("It goes on"), Wait(go_on), Text(" and ends."), Finish(), DONE])
    await tab.send("First")
    await expect(tab.answers).to_contain_text("It goes on")
    return go_on


async def wait_with(tab: ChatPage, text: str) -> None:
    """Write a prompt that waits."""
    await tab.message.fill(text)
    await tab.page.get_by_text("Wait", exact=True).click()
    await tab.message.press("Enter")
    await expect(tab.page.get_by_text(WAITS)).not_to_have_count(0)


async def test_a_prompt_waits_for_the_end_and_the_choice_is_remembered(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    go_on = await answering(stack, tab)
    second = prompt()
    await wait_with(tab, second)
    stack.openai.scripts.extend([answer("Two."), answer("Three.")])
    # The choice holds for the next one.
    await tab.send("Third")
    await expect(tab.page.get_by_text(WAITS)).to_have_count(2)
    await tab.page.reload()
    await expect(tab.page.get_by_text(WAITS)).to_have_count(2)
    assert asked(stack, second) == []

    go_on.set()

    await tab.answered(3)
    await expect(tab.prompts).to_have_text(["First", second, "Third"])
    assert [await tab.answer_text(number) for number in range(3)] == [
        "It goes on and ends.",
        "Two.",
        "Three.",
    ]
    await expect(tab.page.get_by_text(WAITS)).to_have_count(0)


async def test_a_waiting_prompt_can_be_edited_removed_and_sent_at_once(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    await answering(stack, tab)
    await wait_with(tab, "Second")

    await tab.act(tab.prompts.last, "Edit")
    await expect(tab.message).to_have_value("Second")
    await expect(tab.prompts).to_have_count(1)
    await tab.message.fill("Second, better")
    await tab.message.press("Enter")
    await tab.act(tab.prompts.last, "Remove")
    await expect(tab.prompts).to_have_count(1)
    await tab.send("Now")
    stack.openai.scripts.append(answer("Here."))
    await tab.act(tab.prompts.last, "Send now")

    await tab.answered(2)
    await expect(tab.answers.first).to_contain_text("Stopped.")
    await expect(tab.prompts).to_have_text(["First", "Now"])


async def test_what_waits_is_the_same_in_every_tab(stack: Stack, open_page: OpenPage) -> None:
    first = await open_page()
    go_on = await answering(stack, first)
    second = await open_page(f"/{await first.fragment()}")
    await expect(second.answers).to_contain_text("It goes on")
    text = prompt()
    await wait_with(first, text)
    await expect(second.page.get_by_text(WAITS)).to_have_count(1)
    await wait_with(first, "Third")
    await expect(second.page.get_by_text(WAITS)).to_have_count(2)
    await second.act(second.prompts.last, "Remove")
    await expect(first.page.get_by_text(WAITS)).to_have_count(1)
    stack.openai.scripts.append(answer("Two."))

    go_on.set()

    for tab in (first, second):
        await tab.answered(2)
        await expect(tab.prompts).to_have_text(["First", text])
    assert len(asked(stack, text)) == 1


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_a_prompt_that_is_sent_goes_near_the_top_and_its_answer_grows_below(
    stack: Stack, open_page: OpenPage, motion: Literal["no-preference", "reduce"]
) -> None:
    tab = await open_page()
    await tab.page.emulate_media(reduced_motion=motion)
    lines = [Text(f"line {number}\n\n") for number in range(60)]
    stack.openai.scripts.append([*lines, Finish(), DONE])
    await tab.send("Many lines")
    await tab.answered()
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("short\n\n"), Wait(go_on), *lines, Finish(), DONE])

    await tab.send("More of them\n\n\n\n\nand others")
    await expect(tab.answers.last).to_contain_text("short")

    top = "message => message.getBoundingClientRect().top"
    ceiling = await tab.page.get_by_role("log").evaluate(
        "log => log.parentElement.getBoundingClientRect().top"
    )

    async def near_top() -> bool:
        return bool(0 <= await tab.prompts.last.evaluate(top) - ceiling < 100)

    await eventually(near_top, "the prompt to be near the top")
    before = await tab.prompts.last.evaluate(top)
    jump = tab.page.get_by_role("button", name="Jump to the latest")
    await expect(jump).to_have_count(0)
    go_on.set()
    await tab.answered(2)
    assert await tab.prompts.last.evaluate(top) == before
    await jump.click()
    await expect(jump).to_have_count(0)
    await expect(tab.answers.last.get_by_role("button", name="Copy")).to_be_in_viewport()


async def test_writing_goes_on_while_a_prompt_that_is_too_long_is_kept(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    await answering(stack, tab)
    stack.openai.scripts.append([Text("Again"), Stall()])

    await tab.message.fill("word " * 60_000)
    await tab.message.press("Enter")
    await expect(tab.page.get_by_text("characters too long")).to_be_visible()
    await expect(tab.message).to_be_editable()
    await expect(tab.prompts).to_have_count(1)
    await tab.page.keyboard.press("Escape")
    await expect(tab.answers).to_contain_text("Stopped.")
