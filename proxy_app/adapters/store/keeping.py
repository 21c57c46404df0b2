"""Changing conversations: titles, deletions, and which branch is shown."""

from typing import Any

from sqlalchemy import func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.objects import Conversation
from ...core.quotas import Limits, Used, refusal
from ...errors import NotFoundError, TooLargeError
from .beginning import room_for_conversation
from .database import Database
from .rows import conversation_of, one_conversation
from .schema import conversations, messages, runs
from .texts import change_title
from .usage import count, give_back, take_turn


async def rename(database: Database, user: str, conversation: str, title: str) -> tuple[Conversation, bool]:
    """Give a conversation a title; also say whether that changed anything."""
    async with database.write() as connection:
        row = await one_conversation(connection, user, conversation, lock=True)
        if row.title == title:
            return conversation_of(row), False
        await change_title(connection, user, conversation, title)
        return await _change(connection, conversation, title=title), True


async def entitle(
    database: Database, user: str, conversation: str, expected: str, title: str | None, tokens: int, now: int
) -> Conversation | None:
    """Give a conversation that is still called ``expected`` a title; count what that has cost."""
    async with database.write() as connection:
        await count(database, connection, user, Used(tokens=tokens), now)
        same = (
            (conversations.c.id == conversation)
            & (conversations.c.user_id == user)
            & (conversations.c.title == expected)
            & conversations.c.deleted_at.is_(None)
        )
        found = (await connection.execute(select(conversations).where(same).with_for_update())).one_or_none()
        if found is None or title is None or title == expected:
            return None
        await change_title(connection, user, conversation, title)
        return await _change(connection, conversation, title=title)


async def delete(
    database: Database, user: str, conversation: str, now: int
) -> tuple[Conversation, bool, list[str]]:
    """Delete a conversation; also say whether that changed anything, and which runs have to stop."""
    async with database.write() as connection:
        await take_turn(database, connection, user, now)
        row = await one_conversation(connection, user, conversation, deleted=True, lock=True)
        if row.deleted_at is not None:
            return conversation_of(row), False, []
        going = (runs.c.conversation_id == conversation) & (runs.c.status == "running")
        stop = update(runs).where(going).values(stop_requested_at=now).returning(runs.c.id)
        stopping = list((await connection.execute(stop)).scalars())
        await database.tell_stopped(connection, stopping)
        await give_back(connection, user, await _size(connection, conversation))
        return await _change(connection, conversation, deleted_at=now), True, stopping


async def restore(
    database: Database, user: str, conversation: str, limits: Limits, now: int
) -> tuple[Conversation, bool]:
    """Take a deletion back; also say whether that changed anything."""
    async with database.write() as connection:
        await take_turn(database, connection, user, now)
        row = await one_conversation(connection, user, conversation, deleted=True, lock=True)
        if row.deleted_at is None:
            return conversation_of(row), False
        await room_for_conversation(connection, user, limits)
        size = Used(size=await _size(connection, conversation))
        used = await count(database, connection, user, size, now)
        refused = refusal(Limits(storage=limits.storage), used, now)
        if refused is not None:
            raise TooLargeError(refused.message)
        return await _change(connection, conversation, deleted_at=None), True


async def select_branch(
    database: Database, user: str, conversation: str, message: str
) -> tuple[Conversation, bool]:
    """Show the branch through ``message``; also say whether that changed anything."""
    async with database.write() as connection:
        row = await one_conversation(connection, user, conversation, lock=True)
        leaf = await _newest_leaf(connection, conversation, message)
        if row.head == leaf:
            return conversation_of(row), False
        return await _change(connection, conversation, head=leaf), True


async def _newest_leaf(connection: AsyncConnection, conversation: str, message: str) -> str:
    """Return the message below ``message`` that is reached by the newest child at each step."""
    start = select(messages.c.id, literal(0).label("depth")).where(
        messages.c.id == message, messages.c.conversation_id == conversation
    )
    line = start.cte("line", recursive=True)
    child = messages.alias("child")
    newest = (
        select(child.c.id)
        .where(child.c.conversation_id == conversation, child.c.parent_id == line.c.id)
        .order_by(child.c.created_at.desc(), child.c.id.desc())
        .limit(1)
        .correlate(line)
        .scalar_subquery()
    )
    # Where there is no child the line goes on with nothing once more, and ends.
    line = line.union_all(select(newest, line.c.depth + 1).where(line.c.id.is_not(None)))
    last = select(line.c.id).where(line.c.id.is_not(None)).order_by(line.c.depth.desc()).limit(1)
    leaf: str | None = (await connection.execute(last)).scalar_one_or_none()
    if leaf is None:
        raise NotFoundError("There is no such message.")
    return leaf


async def _size(connection: AsyncConnection, conversation: str) -> int:
    """Return how many characters of messages a conversation has; what is being written counts at its end."""
    going = select(runs.c.message_id).where(
        runs.c.conversation_id == conversation, runs.c.status == "running"
    )
    kept = select(func.coalesce(func.sum(func.length(messages.c.parts)), 0))
    size = await connection.execute(
        kept.where(messages.c.conversation_id == conversation, messages.c.id.not_in(going))
    )
    return int(size.scalar_one())


async def _change(connection: AsyncConnection, conversation: str, **values: Any) -> Conversation:
    change = (
        update(conversations)
        .where(conversations.c.id == conversation)
        .values(version=conversations.c.version + 1, **values)
        .returning(conversations)
    )
    return conversation_of((await connection.execute(change)).one())
