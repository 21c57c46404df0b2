"""The states that pictures are taken of; each scene is a person's of its own."""

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from tests.browser.chat_page import ChatPage
from tests.fakes.openai_steps import Abort, Reasoning, Script, Stall, Text, answer

from . import answers
from .camera import PHONE, Camera

Scene = Callable[[Camera], Awaitable[None]]


async def empty(camera: Camera) -> None:
    async with camera.tab() as tab:
        await camera.take(tab, "empty")
    async with camera.tab(device=PHONE, scheme="dark") as tab:
        await camera.take(tab, "empty-phone-dark")


async def conversation(camera: Camera) -> None:
    token = await _somebody(camera)
    async with camera.tab(token) as tab:
        await _ask(camera, tab, "How does a prompt survive a bad network?", answer(answers.LIST))
        await camera.take(tab, "conversation")
        fragment = await tab.fragment()
    async with camera.tab(token, device=PHONE) as tab:
        await _show(tab, camera, fragment)
        await camera.take(tab, "conversation-phone")
        await tab.button("Open the list of conversations")
        await expect(tab.conversations.first).to_be_in_viewport()
        await camera.take(tab, "list-phone")
    async with camera.tab(token, scheme="dark") as tab:
        await _show(tab, camera, fragment)
        await camera.take(tab, "conversation-dark")


async def search(camera: Camera) -> None:
    token = await _somebody(camera)
    async with camera.tab(token) as tab:
        await _ask(camera, tab, "What decides the crumb of a bread?", answer(answers.TABLE))
        await tab.page.get_by_label("Search conversations").fill("bread")
        await tab.page.get_by_role("navigation").get_by_role("link", name="Bread with").wait_for()
        await camera.take(tab, "search")


async def code(camera: Camera) -> None:
    token = await _somebody(camera)
    async with camera.tab(token, scheme="dark") as tab:
        await _ask(camera, tab, "Show me a coalescer in Python", answer(answers.CODE))
        await camera.take(tab, "code-dark")


async def table(camera: Camera) -> None:
    async with camera.tab(await _somebody(camera)) as tab:
        await _ask(camera, tab, "Compare four breads", answer(answers.TABLE))
        await camera.take(tab, "table")
    async with camera.tab(device=PHONE, scheme="dark") as tab:
        await _ask(camera, tab, "Compare four breads", answer(answers.TABLE))
        await camera.take(tab, "table-phone-dark")


async def math(camera: Camera) -> None:
    async with camera.tab(await _somebody(camera)) as tab:
        await _ask(camera, tab, "How do I solve a quadratic equation?", answer(answers.MATH))
        await camera.take(tab, "math")


async def streaming(camera: Camera) -> None:
    async with camera.tab(await _somebody(camera)) as tab:
        camera.stack.openai.scripts.append([Reasoning(answers.THOUGHTS), Text(answers.GROWING), Stall()])
        await tab.send("Processes or threads?")
        await expect(tab.answers).to_contain_text("have to send")
        await camera.take(tab, "streaming")
        await tab.stop.click()
        await tab.answered()


async def failed(camera: Camera) -> None:
    async with camera.tab(await _somebody(camera)) as tab:
        await _ask(camera, tab, "Which backup do I restore?", [Text(answers.BROKEN), Abort()])
        await camera.take(tab, "error")


async def away(camera: Camera) -> None:
    """The connection is lost; last, since it is everybody's."""
    async with camera.tab(await _somebody(camera), scheme="dark") as tab:
        await _ask(camera, tab, "How does a prompt survive a bad network?", answer(answers.LIST))
        await camera.stack.centrifugo.process.kill()
        await tab.send("And what if I write while it is away?")
        await tab.page.get_by_text("The connection is away.").first.wait_for()
        await tab.page.get_by_text("Will be sent").wait_for()
        await camera.take(tab, "away-dark")


SCENES: tuple[Scene, ...] = (empty, conversation, search, code, table, math, streaming, failed, away)


async def _somebody(camera: Camera) -> str:
    """Return the token of a guest who has asked a few things before."""
    async with camera.stack.client() as client:
        for prompt in answers.EARLIER:
            camera.stack.openai.scripts.append(answer(answers.SHORT))
            sent = await client.send(prompt)
            await client.ended(sent.run)
        assert client.token is not None
        return client.token


async def _ask(camera: Camera, tab: ChatPage, prompt: str, script: Script) -> None:
    camera.stack.openai.scripts.append(script)
    await tab.message.fill(prompt)
    await tab.button("Send")  # Enter begins a line on a phone.
    await tab.answered()


async def _show(tab: ChatPage, camera: Camera, fragment: str) -> None:
    """Show a conversation."""
    await tab.open(f"{camera.stack.page_url}/{fragment}")
    await tab.page.reload()
    await tab.answered()
