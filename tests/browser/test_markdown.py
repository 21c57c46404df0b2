"""Answers in markdown: code, formulas, tables, and what stays while they grow."""

import asyncio
import base64
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.fakes.openai_steps import DONE, Finish, Text, Wait, answer
from tests.stack import Stack

from .chat_page import ChatPage, eventually
from .conftest import OpenPage
from .test_accessibility import axe, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")

__all__ = ["axe"]

CODE = "def greet(name):\n    return f'Hello, {name}'  # twice\n\n\nprint(greet('you'))"
RICH = f"""# Title

Words, **bold**, *slanted*, ~~gone~~, `code`, [a link](https://example.org) and $x^2$.

- one
- two
  1. three

- [x] done
- [ ] to do

> A quote

| Name | Number |
|------|-------:|
| {"wide" * 30} | 1 |

```python
{CODE}
```

$$
\\frac{{a}}{{b}} + \\sqrt{{c}} = \\int_0^1 x\\,dx
$$

![A picture](https://example.org/picture.png)
"""


def text_of(tab: ChatPage) -> Locator:
    """Return where the last answer's text is."""
    return tab.answers.nth(-1).locator("[data-part=text]")


async def drawn(tab: ChatPage) -> None:
    """Wait until code has its colours, and formulas are drawn."""
    await expect(text_of(tab).locator(".hl-keyword").first).to_be_visible()
    await expect(text_of(tab).locator("math")).to_have_count(2)


async def commonest(tab: ChatPage, box: Locator, at: float) -> str:
    """Return the colour that most of a box has ``at`` pixels from its left edge."""
    area = await box.bounding_box()
    assert area is not None
    clip = {"x": area["x"] + at % area["width"], "y": area["y"], "width": 1, "height": area["height"]}
    picture = base64.b64encode(await tab.page.screenshot(clip=clip)).decode()  # type: ignore[arg-type]
    return str(
        await tab.page.evaluate(
            """async (picture) => {
                const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
                const { width, height } = await createImageBitmap(new Blob([bytes]));
                const context = new OffscreenCanvas(width, height).getContext("2d");
                context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
                const { data } = context.getImageData(0, 0, width, height);
                const counts = new Map();
                for (let at = 0; at < data.length; at += 4) {
                    const colour = data.slice(at, at + 3).join();
                    counts.set(colour, (counts.get(colour) ?? 0) + 1);
                }
                return [...counts].sort(([, one], [, other]) => other - one)[0][0];
            }""",
            picture,
        )
    )


async def copied(tab: ChatPage) -> str:
    """Return what is on the clipboard."""
    return str(await tab.page.evaluate("navigator.clipboard.readText()"))


async def test_an_answer_has_its_form(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer(RICH))
    await tab.send("Rich")
    await tab.answered()
    text = text_of(tab)
    await drawn(tab)

    assert await tab.answer_text() == RICH
    await expect(text.get_by_role("heading", name="Title", level=2)).to_be_visible()
    await expect(text.locator("strong, em, del")).to_have_text(["bold", "slanted", "gone"])
    await expect(text.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.org")
    await expect(text.locator("ul > li > ol > li")).to_have_text("three")
    await expect(text.get_by_role("checkbox", name="Done", exact=True)).to_be_checked()
    await expect(text.get_by_role("checkbox", name="Not done")).not_to_be_checked()
    await expect(text.get_by_role("columnheader")).to_have_text(["Name", "Number"])
    await expect(text.locator("math")).to_have_count(2)
    await expect(text.get_by_role("link", name="Open image: A picture (example.org)")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_an_answer(
    stack: Stack, open_page: OpenPage, axe: str, scheme: Literal["light", "dark"]
) -> None:
    tab = await open_page()
    await tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    stack.openai.scripts.append(answer(RICH))
    await tab.send("Rich")
    await tab.answered()
    await drawn(tab)

    assert await violations(tab.page, axe) == []


async def test_what_is_too_wide_is_scrolled_in_its_box_and_reached_with_the_keyboard(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    await tab.page.set_viewport_size({"width": 390, "height": 800})
    stack.openai.scripts.append(answer(f"{RICH}\n```\n{'wide ' * 60}\n```\n\n```\nnarrow\n```\n"))
    await tab.send("Wide")
    await tab.answered()
    text = text_of(tab)

    await expect(text.get_by_role("group", name="Table")).to_have_attribute("tabindex", "0")
    wide, narrow = (text.get_by_role("group", name="Code", exact=True).nth(index) for index in (0, 1))
    await expect(wide).to_have_attribute("tabindex", "0")
    assert await narrow.get_attribute("tabindex") is None
    await wide.focus()
    await tab.page.keyboard.press("ArrowRight")
    await eventually(lambda: scrolled(wide), "the code to be scrolled")
    assert await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def scrolled(box: Locator) -> bool:
    """Say whether a box was scrolled sideways."""
    return bool(await box.evaluate("box => box.scrollLeft > 0"))


@pytest.mark.parametrize("safe", [True, False], ids=["https", "http"])
async def test_code_is_copied_exactly(stack: Stack, open_page: OpenPage, safe: bool) -> None:
    tab = await open_page()
    await tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    long = "\n".join(f"line {number}  \t<b>" for number in range(100))
    stack.openai.scripts.append(answer(f"```python\n{CODE}\n```\n\n```\n{long}\n```\n"))
    await tab.send("Code")
    await tab.answered()
    await expect(text_of(tab).locator(".hl-keyword").first).to_be_visible()
    if not safe:
        # As on a page without TLS, where scripts have no clipboard to write to.
        await tab.page.evaluate(
            "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }"
        )

    for index, code in enumerate([CODE, long]):
        button = text_of(tab).locator(".md-copy").nth(index)
        await button.click()
        await expect(button).to_have_text("Copied")
        assert await copied(tab) == code

    # What is selected with the mouse has no lines too many where a chunk ends.
    await text_of(tab).locator("code").nth(1).evaluate("code => getSelection().selectAllChildren(code)")
    await tab.page.keyboard.press("Control+c")
    await eventually(lambda: is_copied(tab, long), "the selected code to be copied")


async def is_copied(tab: ChatPage, text: str) -> bool:
    """Say whether the clipboard holds a text."""
    return await copied(tab) == text


async def test_a_selection_survives_what_comes_and_what_is_coloured(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    go_on = [asyncio.Event(), asyncio.Event()]
    stack.openai.scripts.append(
        [
            *(Text("A **bold** word, and `co"), Wait(go_on[0])),
            *(Text("de`.\n\n- one\n- two\n\n```python\nreturn 1\n"), Wait(go_on[1])),
            *(Text("```\n\nThe [end][r].\n\n[r]: https://example.org\n"), Finish(), DONE),
        ]
    )
    await tab.send("Select")
    await expect(text_of(tab).locator("strong")).to_have_text("bold")
    await select(text_of(tab).locator("strong"))
    go_on[0].set()
    await expect(text_of(tab).locator("pre")).to_have_text("return 1")
    assert await selected(tab) == "bold"

    await select(text_of(tab).locator("pre .md-chunk"))
    go_on[1].set()
    await tab.answered()
    assert await selected(tab) == "return 1"
    await expect(text_of(tab).get_by_role("link", name="end")).to_be_visible()
    assert await selected(tab) == "return 1"

    await tab.page.evaluate("getSelection().removeAllRanges()")
    await expect(text_of(tab).locator(".hl-keyword")).to_have_text("return")


async def select(element: Locator) -> None:
    """Select the text of an element."""
    await element.evaluate(
        "({ firstChild: text }) => getSelection().setBaseAndExtent(text, 0, text, text.data.trimEnd().length)"
    )


async def selected(tab: ChatPage) -> str:
    """Return the text that is selected."""
    return str(await tab.page.evaluate("String(getSelection())"))


async def test_what_was_streamed_looks_like_what_is_loaded(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append([*(Text(RICH[at : at + 7]) for at in range(0, len(RICH), 7)), Finish(), DONE])
    await tab.send("Rich")
    await tab.answered()
    await drawn(tab)
    streamed = await settled_html(tab)

    await tab.page.reload()
    await tab.answered()
    await drawn(tab)

    assert await settled_html(tab) == streamed


async def settled_html(tab: ChatPage) -> Any:
    """Return what is shown of the last answer; a mark of its growing is none of it."""
    return await text_of(tab).evaluate("part => part.innerHTML")


@pytest.mark.parametrize(("direction", "word"), [("ltr", "wide"), ("rtl", "واسع")])
async def test_what_scrolls_sideways_shows_that_there_is_more(
    stack: Stack, chromium: Browser, open_page: OpenPage, direction: str, word: str
) -> None:
    wide = f"| {word * 20} | {word * 20} |\n|---|---|\n| {word} | {word} |\n"
    narrow = f"| {word} |\n|---|\n| {word} |\n"
    phone = await chromium.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    try:
        tab = await open_page(context=phone)
        await tab.page.evaluate("direction => { document.documentElement.dir = direction; }", direction)
        stack.openai.scripts.append(answer(f"{wide}\n{narrow}\n```\n{'wide ' * 40}\n```\n"))
        await tab.message.fill("Wide")
        await tab.button("Send")
        await tab.answered()
        tables, code = text_of(tab).locator(".md-table"), text_of(tab).locator("pre")

        async def shaded(box: Locator) -> tuple[bool, bool]:
            """Say whether the left and the right edge look other than the middle."""
            plain = await commonest(tab, box, 180)
            return await commonest(tab, box, 2) != plain, await commonest(tab, box, -3) != plain

        for look in ("light", "dark", "forced"):
            scheme, forced = ("light", "active") if look == "forced" else (look, "none")
            await tab.page.emulate_media(color_scheme=scheme, forced_colors=forced)  # type: ignore[arg-type]
            assert await shaded(tables.last) == (False, False), look
            # Code goes the same way everywhere.
            for box, forwards in ((tables.first, 1 if direction == "ltr" else -1), (code, 1)):
                for by, expected in ((-9999, (False, True)), (60, (True, True)), (9999, (True, False))):
                    await box.evaluate("(box, by) => box.scrollBy(by, 0)", by * forwards)
                    assert await shaded(box) == expected[::forwards], (look, by)
    finally:
        await phone.close()
