"""Sending, streaming, stopping, reloading, a second tab: what everybody does with a chat."""

import asyncio
import re
from collections.abc import Sequence

import pytest
from playwright.async_api import expect

from tests.e2e.answers import asked, paced, prompt, until_asked
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import DONE, Finish, Reasoning, Script, Step, Text, Wait, answer
from tests.stack import Stack

from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_prompt_is_answered_word_for_word(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    text = prompt("tokens:400")

    await tab.send(text)

    await tab.answered()
    assert await tab.answer_text() == expected_text(text)
    await expect(tab.prompts).to_have_text([text])
    await expect(tab.conversations).to_have_count(1)
    await expect(tab.message).to_have_value("")
    await expect(tab.page).to_have_title(f"{text} · Onesocket")
    await expect(tab.page).to_have_url(re.compile("#/c/"))


async def test_an_answer_is_shown_while_it_is_being_written(stack: Stack, open_page: OpenPage) -> None:
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("Hello, "), Wait(go_on), Text("world."), Finish(), DONE])
    tab = await open_page()

    await tab.send("Hi")
    await expect(tab.answers).to_have_text("Hello, ")
    await expect(tab.stop).to_be_visible()
    go_on.set()

    await tab.answered()
    assert await tab.answer_text() == "Hello, world."
    await expect(tab.stop).to_have_count(0)
    await expect(tab.answers).to_contain_text("fake-model")


async def test_a_conversation_goes_on(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.extend([answer("One."), answer("Two.")])

    await tab.send("First")
    await tab.answered(1)
    await tab.send("Second")
    await tab.answered(2)

    await expect(tab.prompts).to_have_text(["First", "Second"])
    assert [await tab.answer_text(0), await tab.answer_text(1)] == ["One.", "Two."]
    await expect(tab.conversations).to_have_count(1)


async def test_thoughts_are_folded(stack: Stack, open_page: OpenPage) -> None:
    stack.openai.scripts.append([Reasoning("Let me see."), Text("Yes."), Finish(), DONE])
    tab = await open_page()

    await tab.send("Well?")
    await tab.answered()

    thoughts = tab.page.get_by_text("Let me see.")
    await expect(thoughts).to_be_hidden()
    await tab.page.get_by_text("Thought").click()
    await expect(thoughts).to_be_visible()


@pytest.mark.parametrize("way", ["button", "Escape"])
async def test_stop_keeps_what_was_said(stack: Stack, open_page: OpenPage, way: str) -> None:
    tab = await open_page()
    text = prompt("tokens:20000")
    stack.openai.scripts.append(paced(text, 200))

    await tab.send(text)
    request = await until_asked(stack, text)
    await tab.begun()
    await (tab.stop.click() if way == "button" else tab.page.keyboard.press("Escape"))

    await stack.openai.until_closed(request)
    await tab.answered()
    await expect(tab.answers).to_contain_text("Stopped.")
    kept = await tab.answer_text()
    assert kept
    assert expected_text(text).startswith(kept)
    await tab.page.reload()
    await tab.answered()
    assert await tab.answer_text() == kept


async def test_a_reload_in_mid_answer_loses_nothing(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    text = prompt("tokens:3000")
    gates = [asyncio.Event() for _ in range(4)]
    stack.openai.scripts.append(gated(paced(text, 1000), gates))

    await tab.send(text)
    for gate in gates[:-1]:
        so_far = await tab.begun()
        gate.set()
        await tab.page.reload()
        await tab.begun(beyond=so_far)
        await expect(tab.stop).to_be_visible()
    gates[-1].set()

    await tab.answered()
    assert await tab.answer_text() == expected_text(text)
    await expect(tab.prompts).to_have_text([text])
    assert len(asked(stack, text)) == 1


async def test_a_second_tab_shows_the_same(stack: Stack, open_page: OpenPage) -> None:
    first = await open_page()
    text = prompt("tokens:2000")
    end = asyncio.Event()
    stack.openai.scripts.append(gated(paced(text, 1000), [end]))

    await first.send(text)
    await first.begun()
    second = await open_page(f"/{await first.fragment()}")
    await second.begun()
    await expect(first.stop).to_be_visible()
    end.set()
    again = prompt()

    for tab in (first, second):
        await tab.answered()
        assert await tab.answer_text() == expected_text(text)
    await second.send(again)
    for tab in (first, second):
        await tab.answered(2)
        assert await tab.answer_text() == expected_text(again)
        await expect(tab.prompts).to_have_text([text, again])


async def test_what_was_begun_elsewhere_appears_in_the_list(stack: Stack, open_page: OpenPage) -> None:
    first, second = await open_page(), await open_page()
    stack.openai.scripts.append(answer("Yes."))

    await first.send("A question from elsewhere")
    await second.conversations.get_by_text("A question from elsewhere").click()

    await second.answered()
    assert await second.answer_text() == "Yes."


async def test_a_link_to_a_conversation_opens_it(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Hi")
    await tab.answered()

    again = await open_page(f"/{await tab.fragment()}")
    await again.answered()
    assert await again.answer_text() == "Yes."

    stranger = await open_page("/#/c/0190a000-0000-7000-8000-000000000000")
    await expect(
        stranger.page.get_by_role("heading", name="This conversation does not exist")
    ).to_be_visible()


def gated(script: Script, gates: Sequence[asyncio.Event]) -> Script:
    """Have a script wait for each of the gates, at equal distances; the last is before its end."""
    *said, finish, usage, done = script
    each = -(-len(said) // len(gates))
    steps: list[Step] = []
    for number, gate in enumerate(gates):
        steps += [*said[number * each : (number + 1) * each], Wait(gate)]
    return [*steps, finish, usage, done]
