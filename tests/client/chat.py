"""The client: state first, then the stream, and ``chat:run`` where something is missing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from .connection import LONGEST_DELAY, PATIENCE, SHORTEST_DELAY, Connection
from .errors import RpcError
from .runs import Json, RunCopy
from .state import State, Wants

NOT_FOUND = 1404
UNSET: Any = object()
"""Tells "not said" from ``None``, which is the parent of a conversation's first message."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The reply of ``chat:send``, ``chat:regenerate`` and ``chat:continue``."""

    conversation: Json
    message: Json
    reply: Json
    duplicate: bool

    @property
    def run(self) -> str:
        """The id of the run that answers."""
        return str(self.reply["run"]["id"])


class ChatClient(Connection):
    """A person's client, connected and subscribed while the block of :meth:`open` lasts."""

    def __init__(self, url: str, token: str | None) -> None:
        super().__init__(url, token)
        self.state = State()
        self.syncs = self.resyncs = 0
        """How often ``chat:sync`` and ``chat:run`` were answered."""
        self._asking: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, token: str | None = None, *, subscribe: bool = True
    ) -> AsyncIterator["ChatClient"]:
        """Connect, subscribe to the caller's channel and wait until the state is there.

        Raises:
            TerminatedError: The server refused the connection for good.
        """
        client = cls(url, token)
        try:
            await client.connect()
            if subscribe:
                await client.subscribe()
            yield client
        finally:
            await client.close()
        assert client.failures == [], client.failures

    @property
    def gaps(self) -> int:
        """How many events came too early."""
        return self.state.counts["gap"]

    @property
    def mismatches(self) -> int:
        """How many ends did not match the text held."""
        return self.state.counts["mismatch"]

    @property
    def dropped(self) -> int:
        """How many events and snapshots told nothing new."""
        return self.state.counts["dropped"]

    def text(self, message: str) -> str:
        """Return the text of a message as far as it is known."""
        return self.state.text(message)

    def held(self, run: str) -> RunCopy | None:
        """Return what is held of a run, if anything."""
        return self.state.runs.get(run)

    async def send(
        self,
        text: str,
        conversation: str | None = None,
        *,
        client_message_id: str | None = None,
        parent: str | None = UNSET,
        **more: str,
    ) -> Sent:
        """Send a prompt; repeat it, under the same id, until it is answered."""
        request: Json = {"client_message_id": client_message_id or new_id(), "text": text, **more}
        if conversation is not None:
            request["conversation"] = conversation
        if parent is not UNSET:
            request["parent"] = parent
        return await self._begin("chat:send", request)

    async def regenerate(self, message: str, *, client_message_id: str | None = None, **more: str) -> Sent:
        """Have the prompt of an answer answered anew; repeat that until it is answered."""
        request = {"client_message_id": client_message_id or new_id(), "message": message, **more}
        return await self._begin("chat:regenerate", request)

    async def go_on(self, message: str, *, client_message_id: str | None = None, **more: str) -> Sent:
        """Have an answer gone on with; repeat that until it is answered."""
        request = {"client_message_id": client_message_id or new_id(), "message": message, **more}
        return await self._begin("chat:continue", request)

    async def select(self, conversation: str, message: str) -> Json:
        """Show the branch through a message; return the conversation."""
        return await self._change("chat:select", {"conversation": conversation, "message": message})

    async def delete(self, conversation: str) -> Json:
        """Delete a conversation; return what is left of it."""
        return await self._change("chat:delete", {"conversation": conversation})

    async def restore(self, conversation: str) -> Json:
        """Take a deletion back; return the conversation."""
        return await self._change("chat:restore", {"conversation": conversation})

    async def stop(self, run: str) -> Json:
        """Stop a run; return its status."""
        reply: Json = (await self.call("chat:stop", {"run": run}))["run"]
        return reply

    async def show(self, conversation: str) -> None:
        """Fetch the newest page of a conversation."""
        request = {"conversation": conversation}
        self._ask(self.state.take_page(await self.call("chat:conversation", request, must_know=True)))

    async def begun(self, run: str, length: int = 1, timeout: float = PATIENCE) -> RunCopy:
        """Wait until the run has that much text, in code points."""
        return await self.until(
            lambda: held if (held := self.held(run)) and len(held.text()) >= length else None, timeout
        )

    async def ended(self, run: str, timeout: float = PATIENCE) -> RunCopy:
        """Wait until the run has its end and the text is the one that the server sent."""
        return await self.until(
            lambda: held if (held := self.held(run)) and held.ended and not held.asks else None, timeout
        )

    async def take_state(self) -> Json:
        """Call ``chat:sync`` once; the SDK repeats a failure, with the same delays."""
        reply = await self.rpc("chat:sync", {})
        self.syncs += 1
        self._ask(self.state.take_sync(reply))
        position: Json = reply["position"]
        return position

    def take_publication(self, event: Json) -> None:
        """Apply an event of the channel, and ask for what it lacks."""
        self._ask(self.state.take_publication(event))

    async def close(self) -> None:
        """Disconnect, and stop asking."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await super().close()

    async def _begin(self, method: str, request: Json) -> Sent:
        reply = await self.call(method, request)
        self.state.take_conversation(reply["conversation"])
        self._ask(self.state.take_messages([reply["message"], reply["reply"]]))
        return Sent(reply["conversation"], reply["message"], reply["reply"], reply["duplicate"])

    async def _change(self, method: str, request: Json) -> Json:
        conversation: Json = (await self.call(method, request))["conversation"]
        self.state.take_conversation(conversation)
        return conversation

    def _ask(self, wants: Wants) -> None:
        """Start asking for what is missing, once for each thing."""
        for run in wants.runs:
            self._start(f"chat:run {run}", self._resync(run))
        for conversation in wants.conversations:  # Whose messages were too long for a publication.
            self._start(f"chat:conversation {conversation}", self.show(conversation))
        self.wake()

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if name in self._asking:
            work.close()
            return
        self._asking.add(name)
        task = asyncio.create_task(self._finish(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as exc:
            self.failures.append(exc)
        finally:
            # In the same step as the work's last look, so that no later gap believes itself asked for.
            self._asking.discard(name)
            self.wake()

    async def _resync(self, id_: str) -> None:
        """Call ``chat:run`` until nothing waits for it any more."""
        delay = SHORTEST_DELAY
        while run := self.held(id_):
            request: Json = {"run": id_, "mismatch": True} if run.mismatched else {"run": id_}
            try:
                reply = await self.call("chat:run", request, must_know=True)
            except RpcError as exc:
                if exc.code != NOT_FOUND:
                    raise
                del self.state.runs[id_]  # Its conversation was deleted.
                return
            self.resyncs += 1
            self.state.take_run_state(reply)
            self.wake()
            if not run.asks:
                return
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)


def new_id() -> str:
    """Return a client's own message id."""
    return f"test-{uuid.uuid4().hex}"
