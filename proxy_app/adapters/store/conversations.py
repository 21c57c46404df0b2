"""What users keep, as a `ConversationStore`."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.objects import Conversation, Message, RunState, RunStatus
from ...core.positions import Position
from ...core.quotas import Limits
from ...errors import NotFoundError
from ...ports import AnswerCommand, Listed, SendCommand, Sent, StoredRun
from . import answering, keeping, reading, sending
from .database import Database
from .leases import Owner
from .rows import (
    MESSAGE_COLUMNS,
    RUN_COLUMNS,
    AnyRow,
    load_messages,
    run_of,
    state_of,
)
from .schema import conversations, messages, requests, runs

_STOP_REMEMBERED = 60_000
"""Milliseconds for which a stop waits for its send (``docs/protocol.md`` §5)."""


class SqlConversationStore:
    """Conversations in a SQL database; new runs are ``owner``'s, ``clock`` returns milliseconds."""

    def __init__(self, database: Database, owner: Owner, clock: Callable[[], int]) -> None:
        self._database = database
        self._owner = owner
        self._clock = clock

    async def send(self, command: SendCommand, /) -> Sent:
        """Store a prompt, or find the one that it repeats."""
        return await sending.send(self._database, self._owner, command, self._clock())

    async def answer(self, command: AnswerCommand, /) -> Sent:
        """Store another answer to a prompt, or find the one that is repeated."""
        return await answering.answer(self._database, self._owner, command, self._clock())

    async def stop_run(self, user: str, run: str, /) -> RunStatus:
        """Record that the run is to stop, durably."""
        async with self._database.write() as connection:
            return await self._stop(connection, user, run)

    async def stop_message(self, user: str, client_message_id: str, /) -> RunStatus | None:
        """Record that the run of a command is to stop; for a while, if that has not come yet."""
        now = self._clock()
        mine = (requests.c.user_id == user) & (requests.c.client_message_id == client_message_id)
        async with self._database.write() as connection:
            early = self._database.insert(requests).values(
                user_id=user, client_message_id=client_message_id, created_at=now
            )
            await connection.execute(early.on_conflict_do_nothing())
            query = select(requests.c.run_id).where(mine).with_for_update()
            run = (await connection.execute(query)).scalar_one()
            if run is not None:
                return await self._stop(connection, user, run)
            await connection.execute(update(requests).where(mine).values(stop_until=now + _STOP_REMEMBERED))
        return None

    async def _stop(self, connection: AsyncConnection, user: str, run: str) -> RunStatus:
        mine = (runs.c.id == run) & (runs.c.user_id == user)
        asked = update(runs).where(mine, runs.c.status == "running", runs.c.stop_requested_at.is_(None))
        changed = await connection.execute(asked.values(stop_requested_at=self._clock()))
        if changed.rowcount:
            await self._database.tell_stopped(connection, [run])
        row = (await connection.execute(select(*RUN_COLUMNS).where(mine))).one_or_none()
        if row is None:
            raise NotFoundError("There is no such answer.")
        return run_of(row)

    async def run_state(self, user: str, run: str, /) -> RunState:
        """Return a run's whole content as far as it is stored."""
        found = await self._runs(user, runs.c.id == run)
        if not found:
            raise NotFoundError("There is no such answer.")
        return found[0].state

    async def recent_runs(self, user: str, since: int, /) -> list[StoredRun]:
        """Return all runs that are running, whose end is not published, or that ended after ``since``."""
        recent = or_(
            runs.c.status == "running", runs.c.end_publication.is_not(None), runs.c.ended_at >= since
        )
        return await self._runs(user, recent)

    async def _runs(self, user: str, wanted: ColumnElement[bool]) -> list[StoredRun]:
        query = (
            select(*MESSAGE_COLUMNS, runs.c.position_offset, runs.c.position_epoch)
            .join(runs, runs.c.message_id == messages.c.id)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .where(runs.c.user_id == user, conversations.c.deleted_at.is_(None), wanted)
            .order_by(runs.c.started_at, runs.c.id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            found = await load_messages(connection, rows)
        return [
            StoredRun(state_of(message), _position(row)) for message, row in zip(found, rows, strict=True)
        ]

    async def conversations(
        self, user: str, /, *, limit: int, cursor: str | None = None, query: str | None = None
    ) -> Listed:
        """Return a page of conversations, newest first; with a query of those that have its words."""
        return await reading.page_of_conversations(
            self._database, user, limit=limit, cursor=cursor, query=query
        )

    async def branch(
        self, user: str, conversation: str, /, *, limit: int, before: str | None = None
    ) -> tuple[Conversation, list[Message], str | None]:
        """Return the last messages of the branch shown, or those before ``before``; and the next such."""
        return await reading.branch(self._database, user, conversation, limit=limit, before=before)

    async def rename(self, user: str, conversation: str, title: str, /) -> tuple[Conversation, bool]:
        """Give a conversation a title; also say whether that changed anything."""
        return await keeping.rename(self._database, user, conversation, title)

    async def entitle(
        self, user: str, conversation: str, expected: str, title: str | None, tokens: int, /
    ) -> Conversation | None:
        """Give a conversation that is still called ``expected`` a title; count what that has cost."""
        return await keeping.entitle(
            self._database, user, conversation, expected, title, tokens, self._clock()
        )

    async def delete(self, user: str, conversation: str, /) -> tuple[Conversation, bool, list[str]]:
        """Delete a conversation; also say whether that changed anything, and which runs have to stop."""
        return await keeping.delete(self._database, user, conversation, self._clock())

    async def restore(self, user: str, conversation: str, limits: Limits, /) -> tuple[Conversation, bool]:
        """Take a deletion back; also say whether that changed anything."""
        return await keeping.restore(self._database, user, conversation, limits, self._clock())

    async def select(self, user: str, conversation: str, message: str, /) -> tuple[Conversation, bool]:
        """Show the branch through ``message``; also say whether that changed anything."""
        return await keeping.select_branch(self._database, user, conversation, message)


def _position(row: AnyRow) -> Position | None:
    if row.position_offset is None:
        return None
    return Position(row.position_offset, row.position_epoch)
