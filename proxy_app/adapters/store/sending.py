"""Storing a prompt: one transaction, once per id that its client made."""

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from ...core.objects import Message, Part, RunStatus
from ...core.quotas import Used, refusal
from ...errors import (
    BusyError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    TooLargeError,
    TooManyRunsError,
)
from ...ports import SendCommand, Sent
from .database import Database
from .leases import Owner
from .rows import AnyRow, conversation_of, dump_parts, load_messages, message_rows, one_conversation
from .schema import conversations, messages, requests, runs
from .usage import count


async def send(database: Database, owner: Owner, command: SendCommand, now: int) -> Sent:
    """Store a prompt at ``now``, or find the one that it repeats; errors as the port has them."""
    async with database.write() as connection:
        request = await _claim(database, connection, command, now)
        if request.run_id is not None:
            return await _repeat(connection, command, request)
        await _within_limits(database, connection, command, now)
        conversation = await _conversation(connection, command, now)
        parent = await _parent(connection, command, conversation)
        stopping = await _make_room(database, connection, command, conversation.id, now)
        stopped = request.stop_until is not None and request.stop_until >= now
        message, reply = await _store(
            connection, owner, command, conversation.id, parent, now, stopped=stopped
        )
        changed = (
            update(conversations)
            .where(conversations.c.id == conversation.id)
            .values(head=reply.id, updated_at=now, version=conversations.c.version + 1)
            .returning(conversations)
        )
        row = (await connection.execute(changed)).one()
        return Sent(conversation_of(row), message, reply, stopped=stopped, stopping=stopping)


async def _claim(database: Database, connection: AsyncConnection, command: SendCommand, now: int) -> AnyRow:
    """Make the request's row ours before anything else; whoever comes second waits for our commit."""
    claim = database.insert(requests).values(
        user_id=command.user,
        client_message_id=command.client_message_id,
        fingerprint=command.fingerprint,
        created_at=now,
    )
    await connection.execute(claim.on_conflict_do_nothing())
    mine = (requests.c.user_id == command.user) & (requests.c.client_message_id == command.client_message_id)
    query = select(requests).where(mine).with_for_update()
    row: AnyRow = (await connection.execute(query)).one()
    return row


async def _within_limits(
    database: Database, connection: AsyncConnection, command: SendCommand, now: int
) -> None:
    """Count the prompt; a refusal rolls that back, and whoever sends at the same time waits for this."""
    prompt = Used(prompts=1, size=len(dump_parts([Part("1", "text", command.text)])))
    used = await count(database, connection, command.user, prompt, now)
    refused = refusal(command.limits, used, now)
    if refused is not None:
        raise (RateLimitedError if refused.kind == "rate" else TooLargeError)(refused.message)


async def _repeat(connection: AsyncConnection, command: SendCommand, request: AnyRow) -> Sent:
    if request.fingerprint != command.fingerprint:
        raise IdempotencyConflictError("This message was sent before with another content.")
    rows = (
        await connection.execute(
            message_rows.where(messages.c.id.in_([request.message_id, request.reply_id]))
        )
    ).all()
    both = {message.id: message for message in await load_messages(connection, rows)}
    message, reply = both[request.message_id], both[request.reply_id]
    row = await one_conversation(connection, command.user, message.conversation, deleted=True)
    return Sent(conversation_of(row), message, reply, duplicate=True)


async def _conversation(connection: AsyncConnection, command: SendCommand, now: int) -> AnyRow:
    if command.conversation is not None:
        return await one_conversation(connection, command.user, command.conversation, lock=True)
    if command.limits.conversations is not None:
        mine = (conversations.c.user_id == command.user) & conversations.c.deleted_at.is_(None)
        kept = (await connection.execute(select(func.count()).where(mine))).scalar_one()
        if kept >= command.limits.conversations:
            raise TooLargeError(
                f"You have {kept} conversations, and no more are kept. Delete some that you do not need."
            )
    begun = insert(conversations).values(
        id=str(uuid7()),
        user_id=command.user,
        title=command.title,
        version=0,
        created_at=now,
        updated_at=now,
    )
    row: AnyRow = (await connection.execute(begun.returning(conversations))).one()
    return row


async def _parent(connection: AsyncConnection, command: SendCommand, conversation: AnyRow) -> str | None:
    if not command.parent_given:
        head: str | None = conversation.head
        return head
    if command.parent is None:
        return None
    query = select(messages.c.role).where(
        messages.c.id == command.parent, messages.c.conversation_id == conversation.id
    )
    role = (await connection.execute(query)).scalar_one_or_none()
    if role is None:
        raise NotFoundError("The message that this one answers does not exist.")
    if role != "assistant":
        raise InvalidRequestError("A prompt can only follow an answer, or begin a conversation.")
    return command.parent


async def _make_room(
    database: Database, connection: AsyncConnection, command: SendCommand, conversation: str, now: int
) -> list[str]:
    """Return the runs that have to stop for this one, after recording so."""
    going = runs.c.status == "running"
    query = select(runs.c.id).where(runs.c.conversation_id == conversation, going)
    in_the_way = list((await connection.execute(query)).scalars())
    if in_the_way and not command.stop_running:
        raise BusyError("An answer is still being written in this conversation.")
    going_on = select(func.count()).select_from(runs).where(runs.c.user_id == command.user, going)
    at_once = (await connection.execute(going_on)).scalar_one() - len(in_the_way) + 1
    if command.limits.runs is not None and at_once > command.limits.runs:
        raise TooManyRunsError(
            f"Only {command.limits.runs} answers can be written at once. Wait for one to end, or stop one."
        )
    if in_the_way:
        stop = update(runs).where(runs.c.id.in_(in_the_way), runs.c.stop_requested_at.is_(None))
        await connection.execute(stop.values(stop_requested_at=now))
        await database.tell_stopped(connection, in_the_way)
    return in_the_way


async def _store(
    connection: AsyncConnection,
    owner: Owner,
    command: SendCommand,
    conversation: str,
    parent: str | None,
    now: int,
    *,
    stopped: bool,
) -> tuple[Message, Message]:
    message = Message(
        id=str(uuid7()),
        conversation=conversation,
        parent=parent,
        role="user",
        created_at=now,
        version=1,
        parts=[Part("1", "text", command.text)],
        client_message_id=command.client_message_id,
    )
    reply = Message(
        id=str(uuid7()),
        conversation=conversation,
        parent=message.id,
        role="assistant",
        created_at=now,
        version=1,
        parts=[],
        model=command.model,
        run=RunStatus(str(uuid7()), attempt=1, seq=0, status="running"),
    )
    rows = [
        {
            "id": turn.id,
            "conversation_id": conversation,
            "parent_id": turn.parent,
            "role": turn.role,
            "parts": dump_parts(turn.parts),
            "version": turn.version,
            "created_at": now,
            "client_message_id": turn.client_message_id,
            "model": turn.model,
        }
        for turn in (message, reply)
    ]
    await connection.execute(insert(messages), rows)
    assert reply.run is not None  # noqa: S101  # Made above.
    run = {
        "id": reply.run.id,
        "message_id": reply.id,
        "conversation_id": conversation,
        "user_id": command.user,
        "status": "running",
        "attempt": 1,
        "seq": 0,
        "stop_requested_at": now if stopped else None,
        "policy": command.policy,
        "owner": owner.name,
        "lease_until": owner.until(),
        "started_at": now,
    }
    await connection.execute(insert(runs).values(run))
    done = update(requests).where(
        requests.c.user_id == command.user, requests.c.client_message_id == command.client_message_id
    )
    await connection.execute(
        done.values(
            fingerprint=command.fingerprint,
            message_id=message.id,
            reply_id=reply.id,
            run_id=reply.run.id,
        )
    )
    return message, reply
