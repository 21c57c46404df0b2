"""What is stored once per id that a client made: prompts, and answers to prompts that are there."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.objects import Conversation, Message
from ..core.positions import Position
from ..core.quotas import Limits
from ..core.recovery import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that begins a run, whatever it answers."""

    user: str
    client_message_id: str
    fingerprint: str
    """Digest of the request's method and content, which tells a repetition from a conflict."""
    stop_running: bool
    """Whether runs of the conversation are stopped; else they make the command fail."""
    policy: Policy
    """What becomes of the run if its owner dies."""
    limits: Limits
    """What the user may have, this run included."""
    position: Position | None = None
    """A position of the caller's channel that is not later than anything of the run, if one is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCommand(Command):
    """A prompt that is to be stored, with a run that answers it."""

    text: str
    title: str
    """Title of the conversation, if this prompt begins one."""
    conversation: str | None
    parent: str | None
    parent_given: bool
    """Whether ``parent`` was chosen, if only to be ``None``; else it is the conversation's head."""
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCommand(Command):
    """A prompt that is there is to be answered once more, beside the answer that there is."""

    message: str
    """The answer that is there."""
    models: Sequence[str]
    """Who may answer: whoever gave that answer if named in here, else the first."""
    goes_on: bool
    """Whether the new answer begins with the text of the one that is there, and goes on."""
    longest: int
    """UTF-16 code units that an answer may have; one that has them can't go on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a command."""

    conversation: Conversation
    message: Message
    """The prompt."""
    reply: Message
    """The answer; what it begins with is stored as one piece per part."""
    duplicate: bool = False
    """Whether the same was stored before; then nothing is to be started."""
    stopped: bool = False
    """Whether the run was stopped before it was known; it ends without a call to the model."""
    stopping: Sequence[str] = ()
    """Runs that have to make room for this one."""
