"""What runs in progress keep, as a `RunStore`."""

from collections.abc import Callable, Sequence

from sqlalchemy import BigInteger, Integer, String, Text, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.objects import said
from ...core.quotas import Used
from ...errors import OwnershipLostError
from ...ports import (
    Checkpoint,
    Ending,
    OwedEnd,
    PromptMessage,
    Publication,
    idempotency_key,
)
from .database import Database
from .reading import upwards
from .rows import dump_parts, dump_text, load_messages
from .schema import conversations, messages, run_texts, runs
from .texts import add_message
from .usage import count, give_back

_OWNED = (
    (runs.c.id == bindparam("this_run"))
    & (runs.c.attempt == bindparam("this_attempt"))
    & (runs.c.status == "running")
)
_MOVE = (
    update(runs)
    .where(_OWNED)
    .values(
        seq=bindparam("this_seq"),
        # One that is not known any more is better than none.
        position_offset=func.coalesce(bindparam("this_offset", type_=BigInteger), runs.c.position_offset),
        position_epoch=func.coalesce(bindparam("this_epoch", type_=String), runs.c.position_epoch),
    )
)
_TEXT = select(
    bindparam("this_run", type_=String),
    bindparam("this_attempt", type_=Integer),
    bindparam("this_number", type_=Integer),
    bindparam("this_part", type_=String),
    bindparam("this_type", type_=String),
    bindparam("this_text", type_=Text),
).where(exists().where(_OWNED))


class SqlRunStore:
    """Runs in a SQL database; ``clock`` returns milliseconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    async def prompt(self, message: str, /, *, limit: int) -> list[PromptMessage]:
        """Return the branch that ends in ``message``, at most its last ``limit`` messages, in order."""
        async with self._database.read() as connection:
            turns = await load_messages(connection, await upwards(connection, message, limit))
        spoken = [(turn.role, said(turn.parts)) for turn in turns]
        # An answer that failed before its first token would teach the model to say nothing.
        return [PromptMessage(role, text) for role, text in reversed(spoken) if text]

    async def checkpoint(self, checkpoints: Sequence[Checkpoint], acknowledged: Sequence[str], /) -> None:
        """Store new text, and that the ends of ``acknowledged`` runs were published, in one transaction."""
        moved = [
            {
                "this_run": checkpoint.run,
                "this_attempt": checkpoint.attempt,
                "this_seq": checkpoint.seq,
                "this_offset": checkpoint.position and checkpoint.position.offset,
                "this_epoch": checkpoint.position and checkpoint.position.epoch,
            }
            # In the order in which leases are renewed, so that neither can wait for the other for ever.
            for checkpoint in sorted(checkpoints, key=lambda checkpoint: checkpoint.run)
        ]
        texts = [
            {
                "this_run": checkpoint.run,
                "this_attempt": checkpoint.attempt,
                "this_number": number,
                "this_part": piece.part,
                "this_type": piece.type,
                "this_text": dump_text(piece.text),
            }
            for checkpoint in checkpoints
            for number, piece in checkpoint.pieces
        ]
        async with self._database.write() as connection:
            if moved:
                await connection.execute(_MOVE, moved)
            if texts:
                # A checkpoint that was under way when its run ended leaves nothing behind; one whose
                # commit was not heard of finds its rows there.
                await connection.execute(
                    self._database.insert(run_texts)
                    .from_select([column.name for column in run_texts.c], _TEXT)
                    .on_conflict_do_nothing(),
                    texts,
                )
            if acknowledged:
                await connection.execute(
                    update(runs).where(runs.c.id.in_(acknowledged)).values(end_publication=None)
                )

    async def finish(self, ending: Ending, /) -> None:
        """Store a run's end."""
        run, usage, error = ending.run, ending.run.usage, ending.run.error
        owned = (
            (runs.c.id == run.id) & (runs.c.attempt == ending.expected_attempt) & (runs.c.status == "running")
        )
        ended = (
            update(runs)
            .where(owned)
            .values(
                status=run.status,
                attempt=run.attempt,
                seq=run.seq,
                finish_reason=run.finish_reason,
                input_tokens=usage and usage.input_tokens,
                output_tokens=usage and usage.output_tokens,
                usage_estimated=usage and usage.estimated,
                error_code=error and error.code,
                error_message=error and error.message,
                error_retry_after=error and error.retry_after,
                end_publication=ending.publication.data,
                ended_at=self._clock(),
            )
        )
        parts = dump_parts(ending.parts)
        tokens = usage.input_tokens + usage.output_tokens if usage else 0
        async with self._database.write() as connection:
            # Before the run's own row, as a send locks them.
            spent = Used(tokens=tokens, size=len(parts))
            await count(self._database, connection, ending.user, spent, self._clock())
            if (await connection.execute(ended)).rowcount != 1:
                raise OwnershipLostError(run.id)
            whole = update(messages).where(messages.c.id == ending.message)
            await connection.execute(
                whole.values(parts=parts, left_out=ending.left_out, reasoning_ms=ending.reasoning_ms)
            )
            if await _is_deleted(connection, ending.message):
                # What it has was given back with the rest; taking the deletion back counts it again.
                await give_back(connection, ending.user, len(parts))
            await add_message(connection, ending.user, ending.message, ending.parts)
            await connection.execute(delete(run_texts).where(run_texts.c.run_id == run.id))

    async def owed_ends(self, before: int, /) -> list[OwedEnd]:
        """Return the ends from before ``before`` (milliseconds) that are not known to be published."""
        owed = (
            select(runs.c.id, runs.c.user_id, runs.c.attempt, runs.c.seq, runs.c.end_publication)
            .where(runs.c.end_publication.is_not(None), runs.c.ended_at < before)
            .order_by(runs.c.ended_at)
            .limit(500)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(owed)).all()
        return [
            OwedEnd(
                row.id,
                row.user_id,
                Publication(row.end_publication, idempotency_key(row.id, row.attempt, row.seq)),
            )
            for row in rows
        ]


async def _is_deleted(connection: AsyncConnection, message: str) -> bool:
    query = (
        select(conversations.c.deleted_at)
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(messages.c.id == message)
    )
    return (await connection.execute(query)).scalar_one_or_none() is not None
