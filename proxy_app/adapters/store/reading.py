"""Reading what a user keeps, in pages."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.objects import Conversation, Message
from ...errors import InvalidRequestError, NotFoundError
from ...ports import Listed
from . import texts
from .database import Database
from .rows import MESSAGE_COLUMNS, AnyRow, conversation_of, load_messages, one_conversation
from .schema import conversations, messages, runs


async def page_of_conversations(
    database: Database, user: str, *, limit: int, cursor: str | None, query: str | None
) -> Listed:
    """Return a page of the user's conversations as the port has it."""
    wanted: list[ColumnElement[bool]] = [
        conversations.c.user_id == user,
        conversations.c.deleted_at.is_(None),
    ]
    if cursor is not None:
        updated_at, name = _open_cursor(cursor)
        older = conversations.c.updated_at < updated_at
        wanted.append(or_(older, and_(conversations.c.updated_at == updated_at, conversations.c.id < name)))
    if query:
        found = texts.found(database, user, query)
        if found is None:
            return Listed([], None)
        wanted.append(found)
    page = (
        select(conversations)
        .where(*wanted)
        .order_by(conversations.c.updated_at.desc(), conversations.c.id.desc())
        .limit(limit + 1)
    )
    async with database.read() as connection:
        rows = (await connection.execute(page)).all()
        listed = [conversation_of(row) for row in rows[:limit]]
        following = _cursor(listed[-1]) if len(rows) > limit else None
        if not query or not listed:
            return Listed(listed, following)
        among = [conversation.id for conversation in listed]
        return Listed(listed, following, await texts.matches(database, connection, user, query, among))


def _cursor(last: Conversation) -> str:
    return base64.urlsafe_b64encode(f"{last.updated_at}:{last.id}".encode()).decode().rstrip("=")


def _open_cursor(cursor: str) -> tuple[int, str]:
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        plain = ""
    match = re.fullmatch(r"([0-9]{1,15}):([0-9a-f-]{1,36})", plain)
    if match is None:
        raise InvalidRequestError("This cursor was not made here.")
    return int(match[1]), match[2]


async def branch(
    database: Database, user: str, conversation: str, *, limit: int, before: str | None
) -> tuple[Conversation, list[Message], str | None]:
    """Return a page of the branch shown as the port has it."""
    async with database.read() as connection:
        row = await one_conversation(connection, user, conversation)
        leaf = row.head if before is None else await _parent_of(connection, conversation, before)
        rows = await upwards(connection, leaf, limit + 1)
        page = rows[:limit]
        found = await load_messages(connection, page)
        siblings = await _siblings(connection, conversation, page)
    found = [replace(message, siblings=siblings.get(message.parent, ())) for message in reversed(found)]
    return conversation_of(row), found, found[0].id if len(rows) > limit else None


async def upwards(connection: AsyncConnection, leaf: str | None, limit: int) -> Sequence[AnyRow]:
    """Return at most ``limit`` messages with their runs, from ``leaf`` towards the root."""
    if leaf is None:
        return []
    start = select(messages.c.id, messages.c.parent_id, literal(1).label("depth")).where(
        messages.c.id == leaf
    )
    line = start.cte("line", recursive=True)
    step = select(messages.c.id, messages.c.parent_id, (line.c.depth + 1).label("depth")).where(
        messages.c.id == line.c.parent_id, line.c.depth < limit
    )
    line = line.union_all(step)
    query: Select[Any] = (
        select(*MESSAGE_COLUMNS)
        .join(line, line.c.id == messages.c.id)
        .join(runs, runs.c.message_id == messages.c.id, isouter=True)
        .order_by(line.c.depth)
    )
    rows: Sequence[AnyRow] = (await connection.execute(query)).all()
    return rows


async def _parent_of(connection: AsyncConnection, conversation: str, message: str) -> str | None:
    query = select(messages.c.parent_id).where(
        messages.c.id == message, messages.c.conversation_id == conversation
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such message.")
    parent: str | None = row.parent_id
    return parent


async def _siblings(
    connection: AsyncConnection, conversation: str, page: Sequence[AnyRow]
) -> dict[str | None, list[str]]:
    """Return, by parent, the messages that share it with one of the page, where there are several."""
    if not page:
        return {}
    parents = [row.parent_id for row in page if row.parent_id is not None]
    shared: ColumnElement[bool] = messages.c.parent_id.in_(parents)
    if len(parents) < len(page):
        shared = or_(shared, messages.c.parent_id.is_(None))
    query = (
        select(messages.c.id, messages.c.parent_id)
        .where(messages.c.conversation_id == conversation, shared)
        .order_by(messages.c.created_at, messages.c.id)
    )
    families: dict[str | None, list[str]] = {}
    for row in await connection.execute(query):
        families.setdefault(row.parent_id, []).append(row.id)
    return {parent: family for parent, family in families.items() if len(family) > 1}
