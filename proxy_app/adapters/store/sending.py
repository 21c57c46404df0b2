"""Storing a prompt: one transaction, once per id that its client made."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from ...core.objects import Message, Part
from ...errors import InvalidRequestError, NotFoundError
from ...ports import SendCommand, Sent
from .beginning import (
    answer_to,
    begin,
    claim,
    insert_message,
    make_room,
    repeated,
    room_for_conversation,
    within_limits,
)
from .database import Database
from .leases import Owner
from .rows import AnyRow, conversation_of, dump_parts, one_conversation
from .schema import conversations, messages
from .texts import add_message, add_title


async def send(database: Database, owner: Owner, command: SendCommand, now: int) -> Sent:
    """Store a prompt at ``now``, or find the one that it repeats; errors as the port has them."""
    parts = [Part("1", "text", command.text)]
    async with database.write() as connection:
        request = await claim(database, connection, command, now)
        if request.run_id is not None:
            return await repeated(connection, command, request)
        await within_limits(database, connection, command, len(dump_parts(parts)), now)
        conversation = await _conversation(connection, command, now)
        parent = await _parent(connection, command, conversation)
        stopping = await make_room(database, connection, command, conversation.id, now)
        message = Message(
            id=str(uuid7()),
            conversation=conversation.id,
            parent=parent,
            role="user",
            created_at=now,
            version=1,
            parts=parts,
            client_message_id=command.client_message_id,
        )
        await insert_message(connection, message)
        await add_message(connection, command.user, message.id, parts)
        reply = answer_to(message, command.model, now)
        row, stopped = await begin(connection, owner, command, request, message, reply)
    return Sent(conversation_of(row), message, reply, stopped=stopped, stopping=stopping)


async def _conversation(connection: AsyncConnection, command: SendCommand, now: int) -> AnyRow:
    if command.conversation is not None:
        return await one_conversation(connection, command.user, command.conversation, lock=True)
    await room_for_conversation(connection, command.user, command.limits)
    begun = insert(conversations).values(
        id=str(uuid7()),
        user_id=command.user,
        title=command.title,
        version=0,
        created_at=now,
        updated_at=now,
    )
    row: AnyRow = (await connection.execute(begun.returning(conversations))).one()
    await add_title(connection, command.user, row.id, row.title)
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
