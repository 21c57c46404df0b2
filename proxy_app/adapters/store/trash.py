"""What nobody needs any more, as `Trash`."""

from sqlalchemy import delete, exists, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from .database import Database
from .schema import NOBODY, conversations, messages, requests, run_texts, runs

_STOPS = 500
"""Early stops that are removed in one transaction at most."""
_CONVERSATIONS = 100
"""Conversations that become nobody's in one transaction at most."""
_MESSAGES = 50
"""Messages that are removed in one transaction at most; each may have megabytes."""


class SqlTrash:
    """Removing from a SQL database. What is looked up is looked at once more by whatever changes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_stops(self, before: int, /) -> bool:
        """Remove stops whose send did not come, and would not be stopped by them since ``before``."""
        over = requests.c.run_id.is_(None) & (requests.c.stop_until < before)
        key = (requests.c.user_id, requests.c.client_message_id)
        async with self._database.read() as connection:
            found = (await connection.execute(select(*key).where(over).limit(_STOPS))).all()
        if found:
            async with self._database.write() as connection:
                await connection.execute(
                    delete(requests).where(over, tuple_(*key).in_([tuple(row) for row in found]))
                )
        return len(found) == _STOPS

    async def disown(self, before: int, /) -> bool:
        """Make conversations nobody's that were deleted before ``before``; nothing gives them back."""
        going_on = exists().where(
            runs.c.conversation_id == conversations.c.id,
            or_(runs.c.status == "running", runs.c.end_publication.is_not(None)),
        )
        over = (conversations.c.deleted_at < before) & (conversations.c.user_id != NOBODY) & ~going_on
        async with self._database.read() as connection:
            query = select(conversations.c.id).where(over).limit(_CONVERSATIONS)
            found = list((await connection.execute(query)).scalars())
        if found:
            async with self._database.write() as connection:
                await connection.execute(
                    update(conversations).where(over, conversations.c.id.in_(found)).values(user_id=NOBODY)
                )
        return len(found) == _CONVERSATIONS

    async def remove(self) -> bool:
        """Remove some of what is nobody's: messages and what is kept of them, at last the conversation."""
        async with self._database.write() as connection:
            # Another replica's sweep may be at one; this one then takes the next.
            one = select(conversations.c.id).where(conversations.c.user_id == NOBODY).limit(1)
            conversation = (
                await connection.execute(one.with_for_update(skip_locked=True))
            ).scalar_one_or_none()
            if conversation is None:
                return False
            some = select(messages.c.id).where(messages.c.conversation_id == conversation).limit(_MESSAGES)
            found = list((await connection.execute(some)).scalars())
            await _remove_messages(connection, found)
            if len(found) < _MESSAGES:
                await connection.execute(delete(conversations).where(conversations.c.id == conversation))
        return True


async def _remove_messages(connection: AsyncConnection, found: list[str]) -> None:
    answers = select(runs.c.id, runs.c.user_id).where(runs.c.message_id.in_(found))
    rows = (await connection.execute(answers)).all()
    names = [row.id for row in rows]
    # By user first, which is what the key begins with.
    asked = requests.c.user_id.in_({row.user_id for row in rows}) & requests.c.run_id.in_(names)
    await connection.execute(delete(requests).where(asked))
    await connection.execute(delete(run_texts).where(run_texts.c.run_id.in_(names)))
    await connection.execute(delete(runs).where(runs.c.id.in_(names)))
    await connection.execute(delete(messages).where(messages.c.id.in_(found)))
