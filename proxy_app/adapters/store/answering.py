"""Storing another answer to a prompt that is there: a sibling of the answer that it has."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.objects import Message, Part
from ...core.text import utf16_length
from ...errors import InvalidRequestError, NotFoundError, TooLargeError
from ...ports import AnswerCommand, Sent
from .beginning import answer_to, begin, claim, make_room, repeated, within_limits
from .database import Database
from .leases import Owner
from .rows import conversation_of, load_messages, message_rows, one_conversation
from .schema import conversations, messages


async def answer(database: Database, owner: Owner, command: AnswerCommand, now: int) -> Sent:
    """Store another answer at ``now``, or find the one that is repeated; errors as the port has them."""
    async with database.write() as connection:
        request = await claim(database, connection, command, now)
        if request.run_id is not None:
            return await repeated(connection, command, request)
        await within_limits(database, connection, command, 0, now)
        there = await _answer(connection, command)
        stopping = await make_room(database, connection, command, there.conversation, now)
        prompt = await _message(connection, there.parent)
        model = there.model if there.model in command.models else command.models[0]
        reply = answer_to(prompt, model or "", now, _said(there, command) if command.goes_on else ())
        row, stopped = await begin(connection, owner, command, request, prompt, reply)
    return Sent(conversation_of(row), prompt, reply, stopped=stopped, stopping=stopping)


async def _answer(connection: AsyncConnection, command: AnswerCommand) -> Message:
    """Return the answer that is there, its conversation locked."""
    query = (
        select(messages.c.conversation_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id == command.message, conversations.c.user_id == command.user)
    )
    conversation = (await connection.execute(query)).scalar_one_or_none()
    if conversation is None:
        raise NotFoundError("There is no such message.")
    await one_conversation(connection, command.user, conversation, lock=True)
    there = await _message(connection, command.message)
    if there.role != "assistant":
        raise InvalidRequestError("This is a prompt. Only answers are written anew, or gone on with.")
    return there


async def _message(connection: AsyncConnection, message: str | None) -> Message:
    rows = (await connection.execute(message_rows.where(messages.c.id == message))).all()
    (found,) = await load_messages(connection, rows)
    return found


def _said(there: Message, command: AnswerCommand) -> list[Part]:
    """Return what the answer begins with that goes on with this one.

    Raises:
        InvalidRequestError: There is nothing to go on with.
        TooLargeError: It is as long as an answer may be.
    """
    status = there.run.status if there.run else "completed"
    said = [part for part in there.parts if part.text]
    if status == "running":
        raise InvalidRequestError("This answer is still being written.")
    if status == "completed":
        raise InvalidRequestError("This answer is complete. Ask for more in a new message.")
    if status == "failed" and all(part.type != "text" for part in said):
        raise InvalidRequestError("This answer has no text to go on with. Have it written anew.")
    if sum(utf16_length(part.text) for part in said) >= command.longest:
        raise TooLargeError("This answer is as long as an answer may be. Ask for more in a new message.")
    return said
