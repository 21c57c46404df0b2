"""What is searched: the words of titles, prompts and answers, and where they are found again."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.objects import Part
from ...core.words import query_words, snippet, words_of
from ...ports import Match
from .database import Database
from .rows import load_parts
from .schema import conversations, messages, texts


async def add_title(connection: AsyncConnection, user: str, conversation: str, title: str) -> None:
    """Let a new conversation be found by its title."""
    row = {"conversation_id": conversation, "words": _words(user, title)}
    await connection.execute(insert(texts).values(row))


async def change_title(connection: AsyncConnection, user: str, conversation: str, title: str) -> None:
    """Let a conversation be found by its new title, and by the old one no more."""
    titles = (texts.c.conversation_id == conversation) & texts.c.message_id.is_(None)
    await connection.execute(update(texts).where(titles).values(words=_words(user, title)))


async def add_message(connection: AsyncConnection, user: str, message: str, parts: Sequence[Part]) -> None:
    """Let a message be found by what it says, if it says anything; the model's reasoning is not said."""
    words = _words(user, _said(parts))
    if not words:
        return
    conversation = select(messages.c.conversation_id).where(messages.c.id == message).scalar_subquery()
    row = {"conversation_id": conversation, "message_id": message, "words": words}
    await connection.execute(insert(texts).values(row))


def found(database: Database, user: str, query: str) -> ColumnElement[bool] | None:
    """Return which conversations have what is looked for; nothing, if that is no words at all."""
    wanted = query_words(query)
    if not wanted:
        return None
    hits = database.has_words(_owned(user, wanted))
    return conversations.c.id.in_(select(texts.c.conversation_id).where(hits))


async def matches(
    database: Database, connection: AsyncConnection, user: str, query: str, among: Sequence[str]
) -> dict[str, Match]:
    """Return, by conversation, the newest message in it that has what is looked for, and a piece of it."""
    wanted = query_words(query)
    newest = (
        select(func.max(texts.c.message_id))
        .where(
            texts.c.conversation_id.in_(among),
            texts.c.message_id.is_not(None),
            database.has_words(_owned(user, wanted)),
        )
        .group_by(texts.c.conversation_id)
    )
    said = select(messages.c.id, messages.c.conversation_id, messages.c.parts).where(
        messages.c.id.in_(newest)
    )
    return {
        row.conversation_id: Match(row.id, snippet(_said(load_parts(row.parts)), wanted))
        for row in await connection.execute(said)
    }


def _words(user: str, text: str) -> str:
    return " ".join(_owned(user, words_of(text)))


def _owned(user: str, words: Iterable[str]) -> list[str]:
    """Mark words as a user's, so that nobody's search goes through the words of others, and takes their time.

    Two users may share a mark: whose a conversation is, is asked besides.
    """
    mark = hashlib.sha256(user.encode()).hexdigest()[:8]
    return [mark + word for word in words]


def _said(parts: Sequence[Part]) -> str:
    return "\n".join(part.text for part in parts if part.type == "text")
