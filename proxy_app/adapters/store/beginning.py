"""What all that begins a run shares: once per id that its client made, within limits, and with room."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from ...core.objects import Message, Part, RunStatus
from ...core.quotas import Limits, Used, refusal
from ...core.sentences import counted
from ...core.text import utf16_length
from ...errors import (
    BusyError,
    IdempotencyConflictError,
    NotFoundError,
    RateLimitedError,
    TooLargeError,
    TooManyRunsError,
)
from ...ports import Command, Sent
from .database import Database
from .leases import Owner
from .rows import (
    AnyRow,
    conversation_of,
    dump_parts,
    dump_text,
    load_messages,
    message_rows,
    one_conversation,
)
from .schema import conversations, messages, requests, run_texts, runs
from .usage import count


async def claim(database: Database, connection: AsyncConnection, command: Command, now: int) -> AnyRow:
    """Make the request's row ours before anything else; whoever comes second waits for our commit."""
    claimed = database.insert(requests).values(
        user_id=command.user,
        client_message_id=command.client_message_id,
        fingerprint=command.fingerprint,
        created_at=now,
    )
    await connection.execute(claimed.on_conflict_do_nothing())
    query = select(requests).where(_request_of(command)).with_for_update()
    row: AnyRow = (await connection.execute(query)).one()
    return row


async def repeated(connection: AsyncConnection, command: Command, request: AnyRow) -> Sent:
    """Return what became of the command when it came first."""
    if request.fingerprint != command.fingerprint:
        raise IdempotencyConflictError("This message was sent before with another content.")
    rows = (
        await connection.execute(
            message_rows.where(messages.c.id.in_([request.message_id, request.reply_id]))
        )
    ).all()
    both = {message.id: message for message in await load_messages(connection, rows)}
    if len(both) < 2:
        raise NotFoundError("There is no such conversation.")  # It is being purged.
    message, reply = both[request.message_id], both[request.reply_id]
    row = await one_conversation(connection, command.user, message.conversation, deleted=True)
    return Sent(conversation_of(row), message, reply, duplicate=True)


async def within_limits(
    database: Database, connection: AsyncConnection, command: Command, size: int, now: int
) -> None:
    """Count a prompt of ``size``; a refusal rolls that back, and whoever sends meanwhile waits for this."""
    used = await count(database, connection, command.user, Used(prompts=1, size=size), now)
    refused = refusal(command.limits, used, now)
    if refused is not None:
        raise (RateLimitedError if refused.kind == "rate" else TooLargeError)(refused.message)


async def room_for_conversation(connection: AsyncConnection, user: str, limits: Limits) -> None:
    """Refuse one more conversation to a user who has as many as may be."""
    if limits.conversations is None:
        return
    mine = (conversations.c.user_id == user) & conversations.c.deleted_at.is_(None)
    kept = (await connection.execute(select(func.count()).where(mine))).scalar_one()
    if kept >= limits.conversations:
        raise TooLargeError(
            f"You have {counted(kept, 'conversation')}, and no more are kept. Delete what you do not need."
        )


async def make_room(
    database: Database, connection: AsyncConnection, command: Command, conversation: str, now: int
) -> list[str]:
    """Return the runs that have to stop for this one, after recording so."""
    going = runs.c.status == "running"
    query = select(runs.c.id).where(runs.c.conversation_id == conversation, going)
    in_the_way = list((await connection.execute(query)).scalars())
    if in_the_way and not command.stop_running:
        raise BusyError("An answer is still being written in this conversation.")
    going_on = select(func.count()).select_from(runs).where(runs.c.user_id == command.user, going)
    at_once = (await connection.execute(going_on)).scalar_one() - len(in_the_way) + 1
    most = command.limits.runs
    if most is not None and at_once > most:
        raise TooManyRunsError(
            f"Only {counted(most, 'answer')} can be written at once. Wait for one to end, or stop one."
        )
    if in_the_way:
        stop = update(runs).where(runs.c.id.in_(in_the_way), runs.c.stop_requested_at.is_(None))
        await connection.execute(stop.values(stop_requested_at=now))
        await database.tell_stopped(connection, in_the_way)
    return in_the_way


def answer_to(prompt: Message, model: str, now: int, parts: Sequence[Part] = ()) -> Message:
    """Return an answer that begins now, with ``parts``."""
    return Message(
        id=str(uuid7()),
        conversation=prompt.conversation,
        parent=prompt.id,
        role="assistant",
        created_at=now,
        version=1,
        parts=list(parts),
        model=model,
        run=RunStatus(str(uuid7()), attempt=1, seq=0, status="running"),
    )


async def begin(
    connection: AsyncConnection,
    owner: Owner,
    command: Command,
    request: AnyRow,
    prompt: Message,
    reply: Message,
) -> tuple[AnyRow, bool]:
    """Store an answer with its run, and show it; return its conversation and whether the run is stopped."""
    assert reply.run is not None  # noqa: S101  # Whoever calls made it.
    now = reply.created_at
    stopped = request.stop_until is not None and request.stop_until >= now
    await insert_message(connection, reply)
    run = {
        "id": reply.run.id,
        "message_id": reply.id,
        "conversation_id": reply.conversation,
        "user_id": command.user,
        "status": reply.run.status,
        "attempt": reply.run.attempt,
        "seq": reply.run.seq,
        "stop_requested_at": now if stopped else None,
        "policy": command.policy,
        "owner": owner.name,
        "lease_until": owner.until(),
        "kept": sum(utf16_length(part.text) for part in reply.parts),
        "started_at": now,
        "position_offset": command.position and command.position.offset,
        "position_epoch": command.position and command.position.epoch,
    }
    await connection.execute(insert(runs).values(run))
    if reply.parts:
        await connection.execute(insert(run_texts), _pieces(reply, reply.run.id))
    await connection.execute(
        update(requests)
        .where(_request_of(command))
        .values(
            fingerprint=command.fingerprint,
            message_id=prompt.id,
            reply_id=reply.id,
            run_id=reply.run.id,
        )
    )
    shown = (
        update(conversations)
        .where(conversations.c.id == reply.conversation)
        .values(head=reply.id, updated_at=now, version=conversations.c.version + 1)
        .returning(conversations)
    )
    row: AnyRow = (await connection.execute(shown)).one()
    return row, stopped


async def insert_message(connection: AsyncConnection, message: Message) -> None:
    """Store a message; what a running answer has said stands elsewhere until it ends."""
    row = {
        "id": message.id,
        "conversation_id": message.conversation,
        "parent_id": message.parent,
        "role": message.role,
        "parts": dump_parts(message.parts if message.run is None else ()),
        "version": message.version,
        "created_at": message.created_at,
        "client_message_id": message.client_message_id,
        "model": message.model,
    }
    await connection.execute(insert(messages).values(row))


def _request_of(command: Command) -> ColumnElement[bool]:
    return (requests.c.user_id == command.user) & (requests.c.client_message_id == command.client_message_id)


def _pieces(reply: Message, run: str) -> list[dict[str, object]]:
    return [
        {
            "run_id": run,
            "attempt": 1,
            "number": number,
            "part_id": part.id,
            "part_type": part.type,
            "text": dump_text(part.text),
        }
        for number, part in enumerate(reply.parts)
    ]
