"""What everything that begins a run shares: who may answer, refusals, telling, and the reply."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import orjson

from ..core.events import conversation_event, message_event
from ..core.objects import Json
from ..core.quotas import Limits
from ..core.recovery import Policy
from ..errors import NotFoundError, TooManyRunsError
from ..ports import Command, ModelInfo, Publication, Sent
from ..runs.engine import Runs
from .titling import Titling

C = TypeVar("C", bound=Command)


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What is the same for all sends."""

    limits: Limits
    """What a user may have of whom nothing else is known."""
    policy: Policy
    """What becomes of a run whose owner dies."""
    publication_size: int
    """Bytes of a publication, at most."""
    max_answer: int
    """UTF-16 code units of an answer, at most."""


class Beginning(Generic[C]):
    """Store a command with ``store``, once, and start what it asks for."""

    def __init__(
        self,
        store: Callable[[C], Awaitable[Sent]],
        runs: Runs,
        titling: Titling | None,
        *,
        publication_size: int,
    ) -> None:
        self._store = store
        self._runs = runs
        self._titling = titling
        self._publication_size = publication_size

    async def begin(self, command: C) -> Json:
        """Store the command and start its run, or find what it repeats; nothing slow happens in here."""
        command = replace(command, position=await self._runs.position(command.user))
        refusal = self._runs.refusal()
        if refusal:
            # Whoever repeats what was stored before is answered even when nothing new is taken.
            command = replace(command, limits=replace(command.limits, runs=0))
        try:
            sent = await self._store(command)
        except TooManyRunsError as exc:
            raise refusal or exc from None
        if not sent.duplicate:
            completed = self._titling.after(command.user, sent) if self._titling else None
            self._runs.start(command.user, sent, self._announcements(sent), completed)
        elif self._perhaps_untold(sent):
            self._runs.announce(command.user, self._announcements(sent))
        return {
            "conversation": sent.conversation.to_json(),
            "message": sent.message.to_json(),
            "reply": sent.reply.to_json(),
            "duplicate": sent.duplicate,
        }

    def _perhaps_untold(self, sent: Sent) -> bool:
        """Say whether whoever stored it may have died before other devices were told of it."""
        run = sent.reply.run
        if run is None or self._runs.state(run.id) is not None:
            return False
        return run.status == "running" or run.attempt > 1

    def _announcements(self, sent: Sent) -> list[Publication]:
        limit = self._publication_size
        return [
            Publication(conversation_event(sent.conversation)),
            Publication(message_event(sent.message, limit)),
            Publication(message_event(sent.reply, limit)),
        ]


def offered(models: Sequence[ModelInfo], wanted: str | None) -> tuple[str, ...]:
    """Return the model that is wanted, or all, the default first.

    Raises:
        NotFoundError: It is none of them.
    """
    ids = tuple(model.id for model in models)
    if wanted is None:
        return ids
    if wanted not in ids:
        raise NotFoundError("There is no such model. Choose one of those that are offered.")
    return (wanted,)


def fingerprint(*content: object) -> str:
    """Return a digest of what is asked for."""
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
