"""The page for everybody: keys only, large text, small screens, any direction of writing, any colours."""

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .chat_page import NOTE_VIOLATIONS, ChatPage, eventually
from .conftest import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIGHT, DARK = "rgb(253, 252, 250)", "rgb(25, 26, 27)"
NOTE_THEME = """
new MutationObserver(() => { window.themed ??= performance.now(); })
  .observe(document, {attributes: true, subtree: true, attributeFilter: ["data-theme"]});
"""


async def ground(tab: ChatPage) -> str:
    """Return the colour behind everything."""
    colour: str = await tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


async def test_the_theme_is_the_systems_until_another_is_chosen(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await tab.page.emulate_media(color_scheme="dark")
    assert await ground(tab) == DARK
    await tab.page.emulate_media(color_scheme="light")
    assert await ground(tab) == LIGHT

    await tab.choose("Dark", "Settings")
    assert await ground(tab) == DARK
    await tab.page.context.add_init_script(NOTE_THEME)
    await tab.page.reload()
    await expect(tab.message).to_be_visible()
    assert await ground(tab) == DARK
    painted = """new Promise((tell) => new PerformanceObserver((paints) => tell(paints.getEntries()[0]))
        .observe({type: "paint", buffered: true}))"""
    assert await tab.page.evaluate(f"{painted}.then((paint) => themed < paint.startTime)")
    around = """[...document.querySelectorAll("meta[name=theme-color]")]
        .filter((meta) => matchMedia(meta.media).matches).map((meta) => meta.content)"""
    assert await tab.page.evaluate(around) == ["#191a1b"]

    await tab.button("Settings")
    await expect(tab.page.get_by_role("menuitemradio", name="Dark")).to_be_checked()
    await tab.page.get_by_role("menuitemradio", name="As the system").click()
    assert await ground(tab) == LIGHT


async def test_a_menu_is_worked_by_keys(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    keys, button = tab.page.keyboard, tab.page.get_by_role("button", name="Settings")
    await button.focus()
    await keys.press("Enter")
    items = tab.page.get_by_role("menu").get_by_role("menuitemradio")
    await expect(items.first).to_be_focused()
    await keys.press("ArrowDown")
    await expect(items.nth(1)).to_be_focused()
    await keys.press("End")
    await expect(tab.page.get_by_role("menuitem", name="Keyboard shortcuts")).to_be_focused()
    await keys.press("ArrowDown")
    await expect(items.first).to_be_focused()
    await keys.press("ArrowUp")
    await expect(tab.page.get_by_role("menuitem", name="Keyboard shortcuts")).to_be_focused()
    await keys.press("Escape")
    await expect(tab.page.get_by_role("menu")).to_have_count(0)
    await expect(button).to_be_focused()
    await keys.press("Enter")
    await tab.page.get_by_role("heading", level=2).click()
    await expect(tab.page.get_by_role("menu")).to_have_count(0)


async def test_everything_is_done_without_a_mouse(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    keys = tab.page.keyboard

    async def to(target: Locator, key: str = "Tab") -> None:
        """Press Tab until the focus is there; it is always seen where it is."""
        for _ in range(40):
            await keys.press(key)
            outlined = """document.activeElement.matches(":focus-visible, input, textarea")"""
            assert await tab.page.evaluate(outlined)
            if await target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError("the focus never came there")

    await expect(tab.message).to_be_focused()
    stack.openai.scripts.append(answer("By keys alone."))
    await keys.type("Can it be done?")
    await keys.press("Enter")
    await tab.answered()

    await to(tab.page.get_by_role("button", name="Conversation menu"), "Shift+Tab")
    await keys.press("Enter")
    await expect(tab.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    await keys.press("Enter")
    await expect(tab.page.get_by_role("textbox", name="Title")).to_be_focused()
    await keys.type("It can")
    await keys.press("Enter")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("It can")
    await expect(tab.page.get_by_role("button", name="Conversation menu")).to_be_focused()

    await keys.press("Control+k")
    await expect(tab.page.get_by_role("searchbox")).to_be_focused()
    await keys.type("can")
    await expect(tab.conversations).to_have_text(["It canCan it be done?"])
    await keys.press("Escape")
    await to(tab.conversations.first)
    await to(tab.page.get_by_role("button", name="Delete “It can”"))
    await keys.press("Enter")
    await expect(tab.conversations).to_have_count(0)
    await expect(tab.page.get_by_role("button", name="Undo")).to_be_visible()
    await to(tab.page.get_by_role("button", name="Undo"), "Shift+Tab")
    await keys.press("Space")
    await expect(tab.conversations).to_have_text(["It can"])


@pytest.mark.parametrize(("width", "height"), [(640, 400), (320, 256)])
async def test_nothing_is_cut_where_everything_is_large(
    stack: Stack, open_page: OpenPage, width: int, height: int
) -> None:
    """200 % and 400 % of a window of 1280 pixels."""
    tab = await open_page()
    stack.openai.scripts.append(answer("A long answer. " * 60))
    await tab.send("AVeryLongWordThatNobodyCanBreak" * 6)
    await tab.answered()
    await tab.page.set_viewport_size({"width": width, "height": height})

    async def nothing_is_cut() -> bool:
        return bool(await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    await eventually(nothing_is_cut, "the page to be as wide as its window")
    for seen in (tab.message, tab.page.get_by_role("button", name="Send")):
        await expect(seen).to_be_in_viewport(ratio=1)
    await tab.message.fill("line\n" * 20)
    await expect(tab.page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    await tab.message.fill("")
    await tab.button("Conversation menu")
    await expect(tab.page.get_by_role("menuitem").first).to_be_focused()
    for item in await tab.page.get_by_role("menuitem").all():
        await expect(item).to_be_in_viewport(ratio=1)
    await tab.page.keyboard.press("Escape")

    await tab.button("Open the list of conversations")
    for name in ("New conversation", "Settings", "Hide the list of conversations"):
        button = tab.page.get_by_role("navigation").get_by_role("button", name=name)
        await expect(button).to_be_in_viewport(ratio=1)
    await tab.conversations.first.scroll_into_view_if_needed()
    await expect(tab.conversations.first).to_be_in_viewport(ratio=0.9)
    await tab.button("Settings")
    await expect(tab.page.get_by_role("menuitemradio").first).to_be_focused()
    for item in await tab.page.get_by_role("menu").get_by_role("menuitemradio").all():
        await item.scroll_into_view_if_needed()
        await expect(item).to_be_in_viewport(ratio=1)
    await tab.page.get_by_role("menuitem", name="Keyboard shortcuts").click()
    sheet = tab.page.get_by_role("dialog")
    last = sheet.get_by_text("Stop the answer")
    await last.scroll_into_view_if_needed()
    await expect(last).to_be_in_viewport(ratio=1)
    assert await sheet.evaluate("sheet => sheet.scrollWidth <= sheet.clientWidth")


async def test_text_goes_its_own_way(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("مرحبا يا صديقي.\n\nAnd in English."))
    await tab.message.fill("كيف حالك؟")
    way = "element => getComputedStyle(element).direction"
    assert await tab.message.evaluate(way) == "rtl"
    await tab.message.press("Enter")
    await tab.answered()
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("كيف حالك؟")
    await expect(tab.conversations).to_have_text(["كيف حالك؟"])

    for written in (
        tab.prompts.get_by_text("كيف حالك؟"),
        tab.conversations.first,
        tab.page.get_by_role("heading", level=1),
    ):
        assert await written.evaluate(way) == "rtl"
    # Each line of an answer begins where its letters do.
    sides = """part => {
        const places = {};
        const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (const word of ["صديقي", "English"]) {
                const at = node.data.indexOf(word);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + word.length);
                const box = range.getBoundingClientRect(), all = part.getBoundingClientRect();
                places[word] = box.left - all.left > all.right - box.right ? "right" : "left";
            }
        }
        return places;
    }"""
    part = tab.answers.locator("[data-part=text]")
    assert await part.evaluate(sides) == {"صديقي": "right", "English": "left"}


async def test_edges_say_what_colours_said_where_the_system_chooses_them(
    stack: Stack, open_page: OpenPage
) -> None:
    tab = await open_page()
    stack.openai.scripts.append(answer("Yes."))
    await tab.send("Is it seen?")
    await tab.answered()
    bubble = tab.prompts.locator("p").first
    width = "element => getComputedStyle(element).borderTopWidth"
    assert await bubble.evaluate(width) == "0px"

    await tab.page.emulate_media(forced_colors="active")
    assert await bubble.evaluate(width) == "1px"
    here = tab.conversations.first
    await expect(here).to_have_attribute("aria-current", "page")
    assert await here.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"


async def test_more_contrast_is_given_to_who_wants_it(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    colours = (
        "getComputedStyle(document.body).color + ' on ' + getComputedStyle(document.body).backgroundColor"
    )
    await tab.page.emulate_media(contrast="more", color_scheme="light")
    assert await tab.page.evaluate(colours) == "rgb(0, 0, 0) on rgb(255, 255, 255)"
    await tab.page.emulate_media(contrast="more", color_scheme="dark")
    assert await tab.page.evaluate(colours) == "rgb(255, 255, 255) on rgb(0, 0, 0)"


async def test_little_moves_for_who_wants_little_to_move(stack: Stack, open_page: OpenPage) -> None:
    tab = await open_page()
    await tab.page.emulate_media(reduced_motion="reduce")
    button = tab.page.get_by_role("button", name="New conversation").first
    seconds = "element => parseFloat(getComputedStyle(element).transitionDuration)"
    assert await button.evaluate(seconds) < 0.001


async def test_a_phone_has_the_drawer_the_toast_and_no_focus_behind(
    stack: Stack, open_page: OpenPage, chromium: Browser
) -> None:
    phone = await chromium.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    await phone.add_init_script(NOTE_VIOLATIONS)
    try:
        tab = await open_page(context=phone)
        assert "interactive-widget=resizes-content" in await tab.page.evaluate(
            "document.querySelector('meta[name=viewport]').content"
        )
        stack.openai.scripts.append(answer("Yes."))
        await tab.message.fill("On a phone")
        await tab.message.press("Control+Enter")
        await tab.answered()

        await tab.button("Open the list of conversations")
        # What is covered can't be reached.
        await expect(tab.page.locator("[inert] main")).to_have_count(1)
        await tab.page.keyboard.press("Escape")
        await expect(tab.page.get_by_role("button", name="Open the list of conversations")).to_be_focused()

        await tab.choose("Delete")
        undo = tab.page.get_by_role("button", name="Undo")
        await expect(undo).to_be_in_viewport(ratio=1)
        await expect(tab.message).to_be_in_viewport(ratio=1)
        # The keyboard leaves half of the screen.
        await tab.page.set_viewport_size({"width": 390, "height": 340})
        await expect(tab.message).to_be_in_viewport(ratio=1)
        await expect(undo).to_be_in_viewport(ratio=1)
        await undo.tap()
        await tab.answered()
    finally:
        await phone.close()
