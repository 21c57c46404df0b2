"""What the page says of what is going on: waiting, thinking, writing, limits."""

import asyncio
import time
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.fakes.openai_steps import DONE, Finish, Head, Reasoning, Step, Text, Wait, answer
from tests.stack import Server, Stack, open_stack

from .chat_page import ChatPage, Record
from .conftest import OpenPage
from .connections import disconnect, until_live

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_how_far_an_answer_is_stands_beside_the_button_that_stops_it(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    thinks, writes, ends = asyncio.Event(), asyncio.Event(), asyncio.Event()
    script: list[Step] = [
        Head(),
        Wait(thinks),
        Reasoning("Hm."),
        Wait(writes),
        Text("Yes."),
        Wait(ends),
        Finish(),
        DONE,
    ]
    stack.openai.scripts.append(script)
    said = tab.page.locator("form").filter(has=tab.message)

    await tab.send("Is it so?")
    await expect(said).to_contain_text("Waiting for the model…")
    thinks.set()
    await expect(said).to_contain_text("Thinking…")
    writes.set()
    await expect(said).to_contain_text("Writing…")
    ends.set()
    await tab.answered()

    await expect(said).to_have_text("fake-model")


async def test_those_who_do_not_see_hear_beginnings_and_ends_only(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await tab.page.evaluate(
        """() => {
            window.heard = [];
            for (const region of document.querySelectorAll("main [role=status]"))
                new MutationObserver(() => heard.push(region.textContent))
                    .observe(region, {childList: true, characterData: true, subtree: true});
        }"""
    )
    ends = asyncio.Event()
    words = [Text(f"Word {number}. ") for number in range(50)]
    stack.openai.scripts.append([*words, Wait(ends), Finish(), DONE])

    await tab.send("Say much")
    await tab.begun(300)
    ends.set()
    await tab.answered()

    await expect(tab.page.locator("main [role=status]", has_text="The answer is complete.")).to_have_count(1)
    assert await tab.page.evaluate("[...new Set(heard)].filter(Boolean)") == [
        "Answering…",
        "The answer is complete.",
    ]
    assert await tab.page.get_by_role("log").get_attribute("aria-live") == "off"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CHAT_PROMPTS_PER_MINUTE": "1"}, "You may send 1 message a minute. Try again in "),
        ({"CHAT_PROMPTS_PER_DAY": "1"}, "You may send 1 message a day. Try again in "),
        ({"CHAT_MAX_CONVERSATIONS": "1"}, "You have 1 conversation, and no more are kept."),
    ],
)
async def test_a_limit_is_said_in_words_and_the_prompt_stays(
    server: Server, built_page: Path, visitor: BrowserContext, settings: dict[str, str], words: str
) -> None:
    async with open_stack(server, page=built_page, **settings) as stack:
        tab = ChatPage(await visitor.new_page(), Record())
        tab.record.watch(tab.page)
        await tab.open(stack.page_url)
        stack.openai.scripts.append(answer("Yes."))
        # In the next minute the second would not be one too many.
        while time.time() % 60 > 40:  # noqa: ASYNC110  # There is nobody who tells the time.
            await asyncio.sleep(0.1)
        await tab.send("The first")
        await tab.answered()
        await tab.begin_new()
        await tab.send("The second")

        await expect(tab.prompts).to_contain_text(f"Not sent. {words}")
        await expect(tab.prompts).to_contain_text("The second")
        await expect(tab.page.get_by_role("button", name="Try again")).to_be_visible()
        assert tab.record.complaints == []


async def test_too_many_answers_at_once_is_said_in_words(
    server: Server, built_page: Path, visitor: BrowserContext
) -> None:
    async with open_stack(server, page=built_page, CHAT_MAX_RUNS_PER_USER="1") as stack:
        tab = ChatPage(await visitor.new_page(), Record())
        await tab.open(stack.page_url)
        ends = asyncio.Event()
        stack.openai.scripts.extend([[Text("Yes, "), Wait(ends), Finish(), DONE], answer("Now.")])
        await tab.send("The first")
        await tab.begun()
        await tab.begin_new()
        await tab.send("The second")
        await expect(tab.prompts).to_contain_text(
            "Not sent. Only 1 answer can be written at once. Wait for one to end, or stop one."
        )

        ends.set()
        await tab.conversations.first.click()
        await tab.answered()
        await tab.page.go_back()
        await tab.button("Try again")
        await expect(tab.prompts).to_have_text(["The second"])
        await tab.answered()
        assert await tab.answer_text() == "Now."


async def test_too_long_a_prompt_is_counted_before_it_is_sent(
    server: Server, built_page: Path, visitor: BrowserContext
) -> None:
    async with open_stack(server, page=built_page, CHAT_MAX_PROMPT="2000") as stack:
        tab = ChatPage(await visitor.new_page(), Record())
        await tab.open(stack.page_url)
        await expect(tab.page.get_by_text("fake-model")).to_be_visible()
        await tab.message.fill("x" * 3234)

        await expect(tab.page.get_by_text("1,234 characters too long")).to_be_visible()
        await expect(tab.page.get_by_role("button", name="Send")).to_be_disabled()


async def test_a_short_absence_is_not_worth_a_word(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page(connection_lost=True)
    await until_live(stack, tab)
    await tab.page.evaluate(
        """() => {
            window.banners = 0;
            new MutationObserver(() => { banners += document.body.innerText.includes("connection is away"); })
                .observe(document.body, {childList: true, subtree: true});
        }"""
    )
    await disconnect(stack, tab, code=3001, reason="shutdown")
    stack.openai.scripts.append(answer("Still here."))
    await tab.send("Are you there?")
    await tab.answered()

    assert await tab.page.evaluate("banners") == 0
    assert len(tab.record.websockets) == 2
