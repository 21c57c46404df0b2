"""Looking at what is there: the state that a stream continues, and pages of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import orjson

from ..core.objects import Json, Message, RunState
from ..core.positions import replayable
from ..errors import PublishError, UnavailableError
from ..ports import ChannelHistory, ConversationStore, Listed, caller_channel
from ..runs.engine import Runs
from .requests import ConversationRequest, ConversationsRequest, RunRequest, SyncRequest

_log = logging.getLogger(__name__)

REPLY_LIMIT = 480 * 1024
"""Bytes that a reply's objects may have, so that with its envelope it stays below 512 KiB."""
RECENT = 10_000
"""Milliseconds for which a run that has ended still counts as news (``docs/protocol.md`` §2)."""


class Looking:
    """Answer what a user asks about; ``clock`` returns milliseconds since 1970."""

    def __init__(
        self,
        store: ConversationStore,
        runs: Runs,
        history: ChannelHistory,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._runs = runs
        self._history = history
        self._clock = clock

    async def sync(self, user: str, request: SyncRequest) -> Json:
        """Return a position and everything that what comes after it builds on."""
        # The position first: whatever is published up to here is in what is read below.
        try:
            edges = await self._history.edges(caller_channel(user))
        except PublishError as exc:
            raise UnavailableError("The server can't follow its own messages at the moment.") from exc
        stored = await self._store.recent_runs(user, self._clock() - RECENT)
        reply = _listed_json(await self._store.conversations(user, limit=request.limit))
        if request.conversation is not None:
            shown = ConversationRequest(conversation=request.conversation, limit=request.limit)
            room = REPLY_LIMIT - len(orjson.dumps(reply))
            reply["conversation"] = await self._page(user, shown, room)
        states, bounds = [], []
        for run in stored:
            live = self._newer(run.state)
            states.append(live or run.state)
            if live is None and run.state.run.status == "running":
                bounds.append(run.position)
        position = replayable(edges, bounds)
        spent = len(orjson.dumps(reply))
        return {
            "position": {"offset": position.offset, "epoch": position.epoch},
            "runs": _runs_that_fit(states, REPLY_LIMIT - spent),
            **reply,
        }

    async def run(self, user: str, request: RunRequest) -> Json:
        """Return a run's whole content."""
        stored = await self._store.run_state(user, request.run)
        if request.mismatch:
            _log.error("A client's text of run %s differs from ours", request.run)
        return (self._newer(stored) or stored).to_json()

    async def conversations(self, user: str, request: ConversationsRequest) -> Json:
        """Return a page of conversations, newest first; with a query of those that have it, and where."""
        listed = await self._store.conversations(
            user, limit=request.limit, cursor=request.cursor, query=request.query
        )
        if not request.query:
            return _listed_json(listed)
        matches = {
            conversation: {"message": match.message, "snippet": match.snippet}
            for conversation, match in listed.matches.items()
        }
        return {**_listed_json(listed), "matches": matches}

    async def conversation(self, user: str, request: ConversationRequest) -> Json:
        """Return a page of the branch that is shown, newest page first, messages in order."""
        return await self._page(user, request, REPLY_LIMIT)

    async def _page(self, user: str, request: ConversationRequest, limit: int) -> Json:
        """Return a page of messages that have ``limit`` bytes together, or of one that has more."""
        conversation, messages, following = await self._store.branch(
            user, request.conversation, limit=request.limit, before=request.before
        )
        told = [self._current(message).to_json() for message in messages]
        fitting = _newest_that_fit(told, limit) or told[-1:]
        return {
            "conversation": conversation.to_json(),
            "messages": fitting,
            "next": fitting[0]["id"] if len(fitting) < len(told) else following,
        }

    def _current(self, message: Message) -> Message:
        if message.run is None:
            return message
        stored = RunState(message.conversation, message.id, message.run, message.parts)
        live = self._newer(stored)
        return message if live is None else replace(message, run=live.run, parts=live.parts)

    def _newer(self, stored: RunState) -> RunState | None:
        """Return what this process knows of a run, where that is more than what is stored."""
        live = self._runs.state(stored.run.id)
        if live is None or (live.run.attempt, live.run.seq) < (stored.run.attempt, stored.run.seq):
            return None
        return live


def _listed_json(listed: Listed) -> Json:
    conversations = [conversation.to_json() for conversation in listed.conversations]
    return {"conversations": conversations, "next": listed.next}


def _runs_that_fit(states: Sequence[RunState], limit: int) -> list[Json]:
    """Return the states that have ``limit`` bytes together, newest first to be chosen.

    A running one that does not fit is told as it was before its first publication, which is true, and from
    where a client fills the gap with ``chat:run``; of an ended one the message tells. One that began with the
    text of another answer and has not gone on is told as if nobody had heard of it: so it is with its text.
    """
    told: list[Json] = []
    for state in reversed(states):
        whole = state.to_json()
        size = len(orjson.dumps(whole)) + 1
        if size <= limit:
            limit -= size
            told.append(whole)
        elif state.run.status == "running":
            attempt = 1 if (state.run.attempt, state.run.seq) > (1, 0) else 0
            begun = replace(state, run=replace(state.run, attempt=attempt, seq=0), parts=())
            told.append({**begun.to_json(), "truncated": True})
    return told[::-1]


def _newest_that_fit(objects: Sequence[Json], limit: int) -> list[Json]:
    """Return as many of the last objects as have ``limit`` bytes together."""
    fitting: list[Json] = []
    for item in reversed(objects):
        limit -= len(orjson.dumps(item)) + 1
        if limit < 0:
            break
        fitting.insert(0, item)
    return fitting
