"""The port to what users keep: conversations, their messages, and how far runs are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.objects import Conversation, Message, RunState, RunStatus
from ..core.positions import Position
from ..core.quotas import Limits
from ..core.recovery import Policy


@dataclass(frozen=True, slots=True)
class SendCommand:
    """A prompt that is to be stored, with a run that answers it."""

    user: str
    client_message_id: str
    fingerprint: str
    """Digest of the request's content, which tells a repetition from a conflict."""
    text: str
    title: str
    """Title of the conversation, if this prompt begins one."""
    conversation: str | None
    parent: str | None
    parent_given: bool
    """Whether ``parent`` was chosen, if only to be ``None``; else it is the conversation's head."""
    model: str
    stop_running: bool
    """Whether runs of the conversation are stopped; else they make the send fail."""
    policy: Policy
    """What becomes of the run if its owner dies."""
    limits: Limits
    """What the user may have, this prompt included."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a send."""

    conversation: Conversation
    message: Message
    reply: Message
    duplicate: bool = False
    """Whether the same send was stored before; then nothing is to be started."""
    stopped: bool = False
    """Whether the run was stopped before it was known; it ends without a call to the model."""
    stopping: Sequence[str] = ()
    """Runs that have to make room for this one."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run's state as the database has it."""

    state: RunState
    position: Position | None
    """Lower bound for every publication that ``state`` lacks; ``None`` where it is not known."""


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

    async def stop_run(self, user: str, run: str, /) -> RunStatus:
        """Record that the run is to stop, durably."""
        ...

    async def stop_message(self, user: str, client_message_id: str, /) -> RunStatus | None:
        """Record that the run of a send is to stop; for 60 s, if the send has not come yet (``None``)."""
        ...

    async def run_state(self, user: str, run: str, /) -> RunState:
        """Return a run's whole content as far as it is stored."""
        ...

    async def recent_runs(self, user: str, since: int, /) -> list[StoredRun]:
        """Return all runs that are running, whose end is not published, or that ended after ``since``."""
        ...

    async def conversations(
        self, user: str, /, *, limit: int, cursor: str | None = None, query: str | None = None
    ) -> tuple[list[Conversation], str | None]:
        """Return a page of conversations, newest first, and the cursor of the next one."""
        ...

    async def branch(
        self, user: str, conversation: str, /, *, limit: int, before: str | None = None
    ) -> tuple[Conversation, list[Message], str | None]:
        """Return the last messages of the branch shown, or those before ``before``; and the next such."""
        ...

    async def rename(self, user: str, conversation: str, title: str, /) -> tuple[Conversation, bool]:
        """Give a conversation a title; also say whether that changed anything."""
        ...

    async def delete(self, user: str, conversation: str, /) -> tuple[Conversation, bool, list[str]]:
        """Delete a conversation; also say whether that changed anything, and which runs have to stop."""
        ...
