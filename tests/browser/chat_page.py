"""The page as a person uses it, and a record of what the browser did for it."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import ConsoleMessage, Locator, Page, Request, WebSocket, expect

PATIENCE = 5.0
"""Seconds within which everything that is waited for has to happen."""

NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
});
"""
"""Runs before the page's own scripts; the policy of the page does not concern it."""


@dataclass(eq=False)
class Record:
    """What a browser did since the page began to load."""

    requests: list[str] = field(default_factory=list)
    """Addresses of everything that was fetched over HTTP."""
    websockets: list[str] = field(default_factory=list)
    documents: int = 0
    """How often the page was loaded."""
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, violations of the policy, and exceptions that nobody caught."""
    connection_lost: bool = False
    """Whether the test breaks connections, of which Chromium complains."""
    reconnects: bool = False
    """Whether the test makes the page connect again, without breaking anything."""

    def watch(self, page: Page) -> None:
        """Take down what happens in ``page``."""
        page.on("request", self._request)
        page.on("websocket", self._websocket)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def assert_modest(self, page_url: str) -> None:
        """Make sure that there was one WebSocket per load, and no request but for the page's own files."""
        foreign = [
            url for url in self.requests if not url.startswith((f"{page_url}/#", f"{page_url}/assets/"))
        ]
        assert [url for url in foreign if url.partition("?")[0] != f"{page_url}/"] == []
        if not (self.connection_lost or self.reconnects):
            assert len(self.websockets) <= self.documents, self.websockets

    def _request(self, request: Request) -> None:
        # What the page makes and the browser saves is asked of nobody.
        if request.url.startswith("blob:"):
            return
        self.documents += request.is_navigation_request()
        self.requests.append(request.url)

    def _websocket(self, websocket: WebSocket) -> None:
        self.websockets.append(websocket.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if self.connection_lost and message.text.startswith("WebSocket connection to "):
            return
        self.complaints.append(message.text)


@dataclass(eq=False, slots=True)
class ChatPage:
    """One tab."""

    page: Page
    record: Record

    async def open(self, url: str) -> None:
        """Load the page, and wait until it shows something."""
        await self.page.goto(url)
        await expect(self.page.get_by_role("main")).to_be_visible()

    @property
    def message(self) -> Locator:
        """Where a prompt is written."""
        return self.page.get_by_label("Message", exact=True)

    @property
    def prompts(self) -> Locator:
        """What the user said."""
        return self.page.get_by_role("article", name="You")

    @property
    def answers(self) -> Locator:
        """What was answered."""
        return self.page.get_by_role("article", name="Answer")

    @property
    def conversations(self) -> Locator:
        """The entries of the list."""
        return self.page.get_by_role("navigation", name="Conversations").get_by_role("link")

    @property
    def stop(self) -> Locator:
        """The button that is there while something is being answered."""
        return self.page.get_by_role("button", name="Stop")

    async def send(self, text: str) -> None:
        """Write a prompt, and press Enter."""
        await self.message.fill(text)
        await self.message.press("Enter")

    async def begin_new(self) -> None:
        """Press the button for a new conversation, and wait until it is there."""
        await self.page.get_by_role("button", name="New conversation").first.click()
        await expect(self.page).to_have_url(re.compile("#/$"))
        await expect(self.prompts).to_have_count(0)

    async def answered(self, count: int = 1) -> None:
        """Wait until there are that many answers, all of which have ended."""
        ended = self.page.locator('article[aria-label="Answer"][aria-busy="false"]')
        await expect(ended).to_have_count(count)
        await expect(self.answers).to_have_count(count)

    async def answer_text(self, index: int = -1) -> str:
        """Return the text of an answer, exactly as it was written: markdown shows less of it."""
        part = self.answers.nth(index).locator("[data-part=text]")
        return str(await part.evaluate("part => part.exactText()"))

    async def begun(self, beyond: int = 0) -> int:
        """Wait until more than so many UTF-16 code units of the last answer are there; return how many."""
        length = 0

        async def grown() -> bool:
            nonlocal length
            text = await self.answer_text() if await self.answers.count() else ""
            length = len(text.encode("utf-16-le")) // 2
            return length > beyond

        await eventually(grown, "the answer to go on")
        return length

    async def token(self) -> str:
        """Return the token of the guest that this page is, once the server has given it one."""
        token = ""

        async def given() -> bool:
            nonlocal token
            token = await self.page.evaluate("localStorage.getItem('onesocket:token') ?? ''")
            return bool(token)

        await eventually(given, "a token")
        return token

    async def fragment(self) -> str:
        """Wait until the address names a conversation, which comes after what is shown; return that part."""
        await expect(self.page).to_have_url(re.compile("#/c/"))
        return "#" + self.page.url.partition("#")[2]

    async def choose(self, name: str, menu: str = "Conversation menu") -> None:
        """Open a menu, and choose something."""
        await self.button(menu)
        item = re.compile(f"^{re.escape(name)}$")
        await self.page.get_by_role("menu").get_by_text(item).click()

    @property
    def versions(self) -> Locator:
        """Where other versions of messages are chosen."""
        return self.page.get_by_role("group", name=re.compile("^Version "))

    async def act(self, message: Locator, name: str) -> None:
        """Press a button that belongs to a message."""
        await message.get_by_role("button", name=name, exact=True).click()

    async def edit(self, prompt: Locator, text: str) -> None:
        """Put a prompt in other words."""
        await self.act(prompt, "Edit")
        editor = self.page.get_by_label("Edit the message")
        await editor.fill(text)
        await editor.press("Enter")

    async def button(self, name: str) -> None:
        """Press a button."""
        await self.page.get_by_role("button", name=name, exact=True).click()


async def eventually(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Look again and again, for at most five seconds: the page's policy forbids Playwright's own way."""
    deadline = time.monotonic() + PATIENCE
    while not await condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s in vain for {what}"
        await asyncio.sleep(0.02)
