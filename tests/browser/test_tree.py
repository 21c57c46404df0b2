"""Edits, other answers, answers that go on, and the way between them: nothing is ever overwritten."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.e2e.answers import prompt
from tests.fakes.openai_steps import DONE, Abort, Finish, Pause, Reasoning, Stall, Text, Wait, answer
from tests.stack import Stack

from .chat_page import ChatPage, eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def conversation(stack: Stack, tab: ChatPage, turns: int = 2) -> None:
    """Hold a conversation: prompts 1, 2 … and answers “One.”, “Two.” …"""
    words = ["One.", "Two.", "Three."][:turns]
    for number, word in enumerate(words, start=1):
        stack.openai.scripts.append(answer(word))
        await tab.send(str(number))
        await tab.answered(number)


async def test_an_edit_is_a_sibling_and_the_way_back_is_there(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await conversation(stack, tab)
    stack.openai.scripts.append(answer("Other."))

    await tab.edit(tab.prompts.first, "1, in other words")
    await expect(tab.prompts).to_contain_text(["1, in other words"])
    await tab.answered()
    assert await tab.answer_text() == "Other."
    await expect(tab.versions).to_have_accessible_name("Version 2 of 2")

    await tab.act(tab.prompts.first, "Previous version")
    await tab.answered(2)
    await expect(tab.prompts.last).to_have_text("2")
    assert await tab.answer_text() == "Two."
    # The same button is under the finger: again and again, round and round.
    await expect(tab.page.get_by_role("button", name="Previous version")).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await tab.answered()
    await expect(tab.answers).to_contain_text("Other.")
    await tab.page.reload()
    await tab.answered()
    assert await tab.answer_text() == "Other."


async def test_an_editor_keeps_its_draft_and_escape_closes_it(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await conversation(stack, tab, 1)
    editor = tab.page.get_by_label("Edit the message")

    await tab.act(tab.prompts.first, "Edit")
    await expect(editor).to_be_focused()
    await expect(editor).to_have_value("1")
    await editor.press_sequentially(" and more")
    await editor.press("Escape")
    await expect(editor).to_have_count(0)
    await expect(tab.page.get_by_role("button", name="Edit", exact=True)).to_be_focused()
    await tab.page.reload()
    await tab.act(tab.prompts.first, "Edit")
    await expect(editor).to_have_value("1 and more")
    await tab.button("Undo changes")
    await expect(editor).to_have_value("1")
    await tab.button("Cancel")

    await expect(tab.prompts).to_have_text(["1"])
    await expect(tab.message).to_have_value("")


async def test_escape_in_an_editor_stops_no_answer(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await conversation(stack, tab, 1)
    stack.openai.scripts.append([Text("It goes on"), Stall()])
    await tab.send("2")
    await expect(tab.answers.last).to_contain_text("It goes on")

    await tab.act(tab.prompts.first, "Edit")
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_label("Edit the message")).to_have_count(0)
    await expect(tab.stop).to_be_enabled()

    await tab.page.keyboard.press("Escape")
    await tab.answered(2)
    await expect(tab.answers.last).to_contain_text("Stopped.")


async def test_another_answer_is_a_sibling(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await conversation(stack, tab, 1)
    go_on = asyncio.Event()
    stack.openai.scripts.append([Text("Another "), Wait(go_on), Text("one."), Finish(), DONE])

    await tab.act(tab.answers.first, "Answer again")
    await expect(tab.answers).to_contain_text("Another")
    # The way back is there while it is being written.
    await tab.act(tab.answers.first, "Previous version")
    await expect(tab.answers).to_contain_text("One.")
    await tab.act(tab.answers.first, "Next version")
    go_on.set()

    await expect(tab.answers).to_contain_text("Another one.")
    await tab.answered()
    await expect(tab.prompts).to_have_text(["1"])
    await expect(tab.versions).to_have_accessible_name("Version 2 of 2")


async def test_a_stopped_answer_goes_on(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.extend([[Text("Half an "), Stall()], answer("answer.")])
    await tab.send("Well?")
    await expect(tab.answers).to_contain_text("Half an")
    await tab.stop.click()
    await expect(tab.answers).to_contain_text("Stopped.")

    await tab.act(tab.answers.first, "Continue")

    await expect(tab.answers).to_contain_text("Half an answer.")
    await tab.answered()
    assert await tab.answer_text() == "Half an answer."
    await expect(tab.page.get_by_role("button", name="Continue")).to_have_count(0)
    await tab.act(tab.answers.first, "Previous version")
    await expect(tab.answers).to_contain_text("Stopped.")
    assert await tab.answer_text() == "Half an "


async def test_what_ended_early_can_go_on_and_what_ended_well_can_not(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    stack.openai.scripts.extend([[Text("As far as "), Abort()], answer("this", reason="length"), answer(".")])
    go_on = tab.page.get_by_role("button", name="Continue")

    await tab.send("Well?")
    await expect(tab.answers).to_contain_text("The connection to the model broke")
    await go_on.click()
    await expect(tab.answers).to_contain_text("The answer ended at its greatest length.")
    await go_on.click()
    await expect(tab.answers).to_contain_text("As far as this.")
    await tab.answered()
    await expect(go_on).to_have_count(0)


async def test_actions_are_reached_with_the_keyboard(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await conversation(stack, tab, 1)
    stack.openai.scripts.append(answer("Again."))
    focused = tab.page.locator(":focus")

    await tab.message.focus()
    await tab.page.keyboard.press("Shift+Tab")
    await expect(focused).to_have_accessible_name("Copy")
    await tab.page.keyboard.press("ArrowRight")
    await expect(focused).to_have_accessible_name("Answer again")
    await tab.page.keyboard.press("Enter")

    await expect(tab.answers).to_contain_text("Again.")


async def test_messages_are_copied_as_markdown_also_where_there_is_no_clipboard(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    stack.openai.scripts.append([Reasoning("Hm."), Text("**One** and `two`\n\n- three"), Finish(), DONE])
    await tab.send("Well?")
    await tab.answered()
    # As on a page without TLS.
    await tab.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")

    await tab.act(tab.answers.first, "Copy")
    await expect(tab.answers).to_contain_text("Copied.")
    await tab.message.focus()
    await tab.page.keyboard.press("Control+V")

    await expect(tab.message).to_have_value("**One** and `two`\n\n- three")


async def test_details_come_on_demand(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await conversation(stack, tab, 1)
    details = tab.page.get_by_role("button", name="fake-model")
    await expect(tab.answers).not_to_contain_text("tokens")

    await details.click()

    await expect(tab.answers).to_contain_text("7 tokens")
    await expect(tab.answers).to_contain_text("11 tokens")
    await expect(details).to_have_attribute("aria-expanded", "true")


async def test_thoughts_say_how_long_they_took(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    go_on = asyncio.Event()
    stack.openai.scripts.append(
        [Reasoning("Hm."), Pause(1.2), Text("Yes."), Wait(go_on), Text(" No."), Finish(), DONE]
    )

    await tab.send("Well?")
    await expect(tab.answers).to_contain_text("Thinking…")
    # Said as soon as it is known, before the answer has ended; a busy machine sees the end of it late.
    took = tab.answers.get_by_text(re.compile(r"Thought for \d s"))
    words = await took.text_content()
    go_on.set()
    await tab.answered()
    await tab.page.reload()
    await tab.answered()
    await expect(took).to_have_text(words or "")


async def test_an_edit_that_is_refused_stands_beside_and_can_be_taken_back(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    await conversation(stack, tab, 1)
    await tab.fragment()
    await tab.page.evaluate(
        """() => {
            const user = encodeURIComponent(localStorage.getItem("onesocket:user"));
            const message = document.querySelector("[data-message]").dataset.message;
            localStorage.setItem(`onesocket:of:${user}:onesocket:outbox:p1`, JSON.stringify({
                id: "p1", thread: location.hash.slice(4), text: "Other words", model: "no such model",
                beside: {kind: "edit", message, parent: null}}));
        }"""
    )

    await tab.page.reload()

    refused = tab.prompts.nth(1)
    await expect(refused).to_contain_text("Not sent.")
    await expect(tab.answers).to_have_count(1)
    await tab.act(refused, "Edit")
    await expect(tab.page.get_by_label("Edit the message")).to_have_value("Other words")
    await expect(tab.prompts).to_have_count(1)


async def test_another_answer_asked_for_without_a_connection_comes_once(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page(connection_lost=True)
    await conversation(stack, tab, 1)
    stack.openai.scripts.append(answer("Again."))

    await stack.centrifugo.process.kill()
    await tab.act(tab.answers.first, "Answer again")
    await expect(tab.page.get_by_text("Will be sent when the connection is back.")).to_be_visible()
    await tab.page.reload()
    await stack.centrifugo.process.start()

    await expect(tab.answers).to_contain_text("Again.")
    await tab.answered()
    await expect(tab.versions).to_have_accessible_name("Version 2 of 2")


async def test_a_branch_below_a_long_conversation_is_fetched_when_it_is_chosen(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    token = await tab.token()
    async with stack.client(token) as client:
        stack.openai.scripts.append(answer("Answer 0"))
        first = await client.send(prompt())
        await client.ended(first.run)
        for number in range(1, 30):
            stack.openai.scripts.append(answer(f"Answer {number}"))
            sent = await client.send(prompt(), conversation=first.conversation["id"])
            await client.ended(sent.run)
        stack.openai.scripts.append(answer("Aside"))
        aside = await client.send("Aside", conversation=first.conversation["id"], parent=first.reply["id"])
        await client.ended(aside.run)
    await tab.open(f"{stack.page_url}/#/c/{first.conversation['id']}")
    await tab.page.reload()
    await tab.answered(2)
    await expect(tab.answers.last).to_contain_text("Aside")

    await tab.act(tab.prompts.last, "Previous version")

    await expect(tab.page.get_by_text("Answer 29", exact=True)).to_be_attached()

    async def whole() -> bool:
        await tab.answers.first.scroll_into_view_if_needed()
        return await tab.answers.count() == 30

    await eventually(whole, "the whole branch")
