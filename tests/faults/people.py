"""The people of a round: each has a device with the independent client, and a page beside it."""

import asyncio
import time
from collections import Counter, defaultdict
from typing import Any, Literal

import orjson

from tests.client import ChatClient, RpcError, Sent, new_id

from .pages import Json, Pages

Way = Literal["once", "anew", "on"]
"""How somebody asks."""


class Witness(ChatClient):
    """A client that remembers which errors it was told, and every end of a run that it saw."""

    def __init__(self, url: str, token: str | None) -> None:
        super().__init__(url, token)
        self.ends: defaultdict[str, set[bytes]] = defaultdict(set)
        self.codes: Counter[int] = Counter()
        self.lengths: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        """By run: how much text was there when, in characters."""

    async def rpc(self, method: str, data: Any = None) -> Any:
        try:
            return await super().rpc(method, data)
        except RpcError as exc:
            self.codes[exc.code] += 1
            raise

    def take_publication(self, event: Json) -> None:
        if event.get("type") == "run" and event["chunks"][-1]["type"] == "run-end":
            self.ends[event["run"]].add(orjson.dumps(event, option=orjson.OPT_SORT_KEYS))
        super().take_publication(event)
        if event.get("type") == "run" and (held := self.held(event["run"])):
            self.lengths[event["run"]].append((time.monotonic(), len(held.text())))

    def pause_reading(self) -> None:
        """Read nothing for a while, as a device that is frozen; the socket stays open."""
        if connection := self._sdk._conn:
            connection.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if connection := self._sdk._conn:
            connection.transport.resume_reading()


class Person:
    """Somebody who asks once, from one of two devices, and looks at the answer on both.

    Who asks ``anew`` wants another answer as soon as there is one; who asks to go ``on`` stops it first.
    """

    def __init__(
        self,
        name: str,
        witness: Witness,
        pages: Pages,
        prompt: str,
        *,
        way: Way = "once",
        asks_on_page: bool,
    ) -> None:
        self.name = name
        self.witness = witness
        self.prompt = prompt
        self.prompt_id = new_id()
        self.way = way
        self.told_by_page: Json = {}
        """What the page knew when it was asked last."""
        self._pages = pages
        self._asks_on_page = asks_on_page
        self._asked = asyncio.Event()

    async def open_page(self, url: str) -> None:
        """Open the page, and wait until it is live."""
        await self._pages.ask("open", self.name, url=url, token=self.witness.token or "")
        async with asyncio.timeout(10):
            while (await self.tell())["link"]["state"] != "live":  # noqa: ASYNC110  # In another process.
                await asyncio.sleep(0.02)

    async def ask(self) -> None:
        """Send the prompt; whoever sends repeats it until it is taken."""
        if self._asks_on_page:
            await self._pages.ask("send", self.name, prompt=self.prompt_id, text=self.prompt)
        else:
            sent = await self.witness.send(self.prompt, client_message_id=self.prompt_id)
            if self.way == "anew":
                await self.witness.regenerate(sent.reply["id"], if_busy="stop")
            elif self.way == "on":
                await self._go_on(sent)
        self._asked.set()

    async def _go_on(self, sent: Sent) -> None:
        """Stop the answer when it has begun, and go on with it, unless it was too late for that."""
        await self.witness.until(lambda: self.witness.text(sent.reply["id"]) or self._has_ended(sent), 60)
        await self.witness.stop(sent.run)
        stopped = await self.witness.ended(sent.run, 60)
        if stopped.text() and stopped.status != "completed":
            await self.witness.go_on(sent.reply["id"])

    def _has_ended(self, sent: Sent) -> bool:
        held = self.witness.held(sent.run)
        return held is not None and held.ended

    def reply(self) -> Json | None:
        """Return the message that answers, the newest one, as soon as the witness knows it."""
        messages = self.witness.state.messages.values()
        mine = {message["id"] for message in messages if message.get("client_message_id") == self.prompt_id}
        answers = [message for message in messages if message["parent"] in mine and message.get("run")]
        return max(answers, key=lambda message: message["id"], default=None)

    @property
    def run(self) -> str:
        """The id of the run that answers."""
        reply = self.reply()
        assert reply is not None
        return str(reply["run"]["id"])

    async def begun(self, limit: float = 20) -> None:
        """Wait until the witness has some text."""

        def has_text() -> bool:
            return (reply := self.reply()) is not None and bool(self.witness.text(reply["id"]))

        await self.witness.until(has_text, limit)

    async def ended(self, limit: float) -> None:
        """Wait until both devices know the end."""
        async with asyncio.timeout(limit):
            await self._asked.wait()
            while self.reply() is None:
                await asyncio.sleep(0.2)
                await self._look()
            await self.witness.ended(self.run, limit)
            while not self._page_knows_the_end(await self.tell()):  # noqa: ASYNC110  # In another process.
                await asyncio.sleep(0.1)

    async def _look(self) -> None:
        """Open the conversation, as a device does that was not told of its messages."""
        for conversation in list(self.witness.state.conversations):
            await self.witness.show(conversation)

    async def tell(self) -> Json:
        """Return what the page knows."""
        self.told_by_page = await self._pages.ask("tell", self.name)
        return self.told_by_page

    async def cut(self, *, page: bool) -> None:
        """Break the socket of one of the devices."""
        if page:
            await self._pages.ask("cut", self.name)
        else:
            self.witness.cut()

    async def close_page(self) -> None:
        """Close the page."""
        await self._pages.ask("close", self.name)

    def on_page(self) -> Json | None:
        """Return what the page held of the run when it was asked last."""
        return next((run for run in self.told_by_page.get("runs", []) if run["id"] == self.run), None)

    def _page_knows_the_end(self, told: Json) -> bool:
        held = self.on_page()
        return held is not None and held["status"] != "running" and not held["asking"] and not told["waiting"]
