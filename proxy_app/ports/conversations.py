"""The port to what users keep: conversations, their messages, and how far runs are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..core.objects import Conversation, Message, RunState, RunStatus
from ..core.positions import Position
from ..core.quotas import Limits
from .commands import AnswerCommand, SendCommand, Sent


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run's state as the database has it."""

    state: RunState
    position: Position | None
    """Lower bound for every publication that ``state`` lacks; ``None`` where it is not known."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where something that was looked for is."""

    message: str
    snippet: str
    """A piece of the message's text around it, in one line."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of conversations, newest first."""

    conversations: Sequence[Conversation]
    next: str | None
    """Cursor of the next page."""
    matches: Mapping[str, Match] = field(default_factory=dict)
    """By conversation, where in it is what was looked for, but in its title."""


class ConversationStore(Protocol):
    """What users keep. Every call looks only at what is ``user``'s.

    Raises:
        NotFoundError: There is no such thing, or it is somebody else's.
        UnavailableError: The database is away.
    """

    async def send(self, command: SendCommand, /) -> Sent:
        """Store prompt, empty answer and run in one transaction, or find the send that is repeated.

        Raises:
            InvalidRequestError: The parent is no answer.
            IdempotencyConflictError: The id was used with another content.
            RateLimitedError: Too many prompts or model tokens in too short a time.
            TooLargeError: The user keeps as much as may be.
            BusyError: A run of the conversation is going, and is not to be stopped.
            TooManyRunsError: The user has as many runs as may be.
        """
        ...

    async def answer(self, command: AnswerCommand, /) -> Sent:
        """Store another answer to a prompt and its run in one transaction, or find the one that is repeated.

        Raises:
            InvalidRequestError: The message is no answer, or none that can go on.
            IdempotencyConflictError: The id was used with another content.
            RateLimitedError: Too many prompts or model tokens in too short a time.
            TooLargeError: The user keeps as much as may be, or the answer is as long as may be.
            BusyError: A run of the conversation is going, and is not to be stopped.
            TooManyRunsError: The user has as many runs as may be.
        """
        ...

    async def stop_run(self, user: str, run: str, /) -> RunStatus:
        """Record that the run is to stop, durably."""
        ...

    async def stop_message(self, user: str, client_message_id: str, /) -> RunStatus | None:
        """Record that the run of a command is to stop; for 60 s, if that has not come yet (``None``)."""
        ...

    async def run_state(self, user: str, run: str, /) -> RunState:
        """Return a run's whole content as far as it is stored."""
        ...

    async def recent_runs(self, user: str, since: int, /) -> list[StoredRun]:
        """Return all runs that are running, whose end is not published, or that ended after ``since``."""
        ...

    async def conversations(
        self, user: str, /, *, limit: int, cursor: str | None = None, query: str | None = None
    ) -> Listed:
        """Return a page of conversations, newest first; with a query of those that have its words."""
        ...

    async def branch(
        self, user: str, conversation: str, /, *, limit: int, before: str | None = None
    ) -> tuple[Conversation, list[Message], str | None]:
        """Return the last messages of the branch shown, or those before ``before``; and the next such."""
        ...

    async def rename(self, user: str, conversation: str, title: str, /) -> tuple[Conversation, bool]:
        """Give a conversation a title; also say whether that changed anything."""
        ...

    async def entitle(
        self, user: str, conversation: str, expected: str, title: str | None, tokens: int, /
    ) -> Conversation | None:
        """Give a conversation that is still called ``expected`` a title, if there is one.

        Return it if that changed anything; in any case the user has used so many model tokens.
        """
        ...

    async def delete(self, user: str, conversation: str, /) -> tuple[Conversation, bool, list[str]]:
        """Delete a conversation; also say whether that changed anything, and which runs have to stop."""
        ...

    async def restore(self, user: str, conversation: str, limits: Limits, /) -> tuple[Conversation, bool]:
        """Take a deletion back; also say whether that changed anything.

        Raises:
            TooLargeError: The user keeps as much as may be without it.
        """
        ...

    async def select(self, user: str, conversation: str, message: str, /) -> tuple[Conversation, bool]:
        """Show the branch through ``message``; also say whether that changed anything.

        Below ``message`` it is the newest one at each step.
        """
        ...
