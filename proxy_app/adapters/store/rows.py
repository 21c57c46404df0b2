"""From rows to objects, and back to JSON columns."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.chunks import Usage
from ...core.content import Piece, assemble
from ...core.objects import Conversation, Message, Part, RunError, RunState, RunStatus
from ...errors import NotFoundError
from .schema import conversations, messages, run_texts, runs

AnyRow = Row[*tuple[Any, ...]]

RUN_COLUMNS = (
    runs.c.id.label("run_id"),
    runs.c.attempt,
    runs.c.seq,
    runs.c.status,
    runs.c.finish_reason,
    runs.c.input_tokens,
    runs.c.output_tokens,
    runs.c.usage_estimated,
    runs.c.error_code,
    runs.c.error_message,
    runs.c.error_retry_after,
)
MESSAGE_COLUMNS = (*messages.c, *RUN_COLUMNS)
message_rows = select(*MESSAGE_COLUMNS).join(runs, runs.c.message_id == messages.c.id, isouter=True)
"""Messages with their runs; see `load_messages`."""


def dump_parts(parts: Iterable[Part]) -> str:
    """Return parts as a column holds them."""
    return orjson.dumps([part.to_json() for part in parts]).decode()


def dump_text(text: str) -> str:
    """Return a piece of text as a column holds it, in which a NUL may stand."""
    return orjson.dumps(text).decode()


def load_parts(column: str) -> list[Part]:
    """Return the parts that a column holds."""
    return [Part(part["id"], part["type"], part["text"]) for part in orjson.loads(column)]


def conversation_of(row: AnyRow) -> Conversation:
    """Return a row of ``conversations``."""
    return Conversation(
        id=row.id,
        title=row.title,
        created_at=row.created_at,
        updated_at=row.updated_at,
        head=row.head,
        version=row.version,
        deleted=row.deleted_at is not None,
    )


def run_of(row: AnyRow) -> RunStatus:
    """Return the run of a row with ``RUN_COLUMNS``."""
    usage = None
    if row.output_tokens is not None:
        usage = Usage(row.input_tokens, row.output_tokens, bool(row.usage_estimated))
    error = None
    if row.error_code is not None:
        error = RunError(row.error_code, row.error_message, row.error_retry_after)
    return RunStatus(
        row.run_id, row.attempt, row.seq, row.status, row.finish_reason, usage=usage, error=error
    )


async def load_messages(connection: AsyncConnection, rows: Sequence[AnyRow]) -> list[Message]:
    """Return rows of `message_rows`; those that are being written get what is checkpointed of them."""
    running = [row.run_id for row in rows if row.status == "running"]
    written = await checkpointed(connection, running)
    return [
        Message(
            id=row.id,
            conversation=row.conversation_id,
            parent=row.parent_id,
            role=row.role,
            created_at=row.created_at,
            version=row.version,
            parts=written[row.run_id] if row.run_id in written else load_parts(row.parts),
            client_message_id=row.client_message_id,
            model=row.model,
            run=None if row.run_id is None else run_of(row),
            left_out=row.left_out,
            reasoning_ms=row.reasoning_ms,
        )
        for row in rows
    ]


def state_of(message: Message) -> RunState:
    """Return the state of an assistant message's run."""
    if message.run is None:
        raise NotFoundError("There is no such answer.")
    return RunState(message.conversation, message.id, message.run, message.parts)


async def checkpointed(connection: AsyncConnection, run_ids: Sequence[str]) -> dict[str, list[Part]]:
    """Return the parts of running runs; an older attempt's pieces do not count."""
    if not run_ids:
        return {}
    query = (
        select(run_texts.c.run_id, run_texts.c.part_id, run_texts.c.part_type, run_texts.c.text)
        .join(runs, (runs.c.id == run_texts.c.run_id) & (runs.c.attempt == run_texts.c.attempt))
        .where(run_texts.c.run_id.in_(run_ids))
        .order_by(run_texts.c.run_id, run_texts.c.number)
    )
    pieces: dict[str, list[Piece]] = {run: [] for run in run_ids}
    for row in await connection.execute(query):
        pieces[row.run_id].append(Piece(row.part_id, row.part_type, orjson.loads(row.text)))
    return {run: assemble(said) for run, said in pieces.items()}


async def one_conversation(
    connection: AsyncConnection, user: str, conversation: str, *, deleted: bool = False, lock: bool = False
) -> AnyRow:
    """Return the row of the user's conversation; a deleted one only if ``deleted``.

    Raises:
        NotFoundError: There is none.
    """
    mine: list[ColumnElement[bool]] = [conversations.c.id == conversation, conversations.c.user_id == user]
    if not deleted:
        mine.append(conversations.c.deleted_at.is_(None))
    query = select(conversations).where(*mine)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such conversation.")
    return row
