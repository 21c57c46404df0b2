"""Sending a prompt and stopping an answer."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson

from ..core.events import conversation_event, message_event
from ..core.objects import Json, RunStatus
from ..core.quotas import Limits
from ..core.recovery import Policy
from ..core.text import title_of, utf16_length
from ..errors import InvalidRequestError, NotFoundError, TooLargeError, TooManyRunsError
from ..ports import Caller, ConversationStore, ModelInfo, Publication, SendCommand, Sent
from ..runs.engine import Runs
from .requests import SendRequest, StopRequest


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What is the same for all sends."""

    limits: Limits
    """What a user may have of whom nothing else is known."""
    policy: Policy
    """What becomes of a run whose owner dies."""
    publication_size: int
    """Bytes of a publication, at most."""


class Sending:
    """Store prompts, start what answers them, and stop it again."""

    def __init__(
        self,
        store: ConversationStore,
        runs: Runs,
        *,
        models: Callable[[], Sequence[ModelInfo]],
        options: SendOptions,
    ) -> None:
        self._store = store
        self._runs = runs
        self._models = models
        self._options = options

    async def send(self, caller: Caller, request: SendRequest) -> Json:
        """Store a prompt and start its run, once per ``client_message_id``; nothing slow happens in here."""
        if not request.text:
            raise InvalidRequestError("A message needs some text.")
        user, limits = caller.user, caller.limits.over(self._options.limits)
        length, limit = utf16_length(request.text), limits.prompt
        if limit is not None and length > limit:
            raise TooLargeError(f"The message has {length:,} characters, of which {limit:,} may be sent.")
        refusal = self._runs.refusal()
        command = SendCommand(
            user=user,
            client_message_id=request.client_message_id,
            fingerprint=_fingerprint(request),
            text=request.text,
            title=title_of(request.text),
            conversation=request.conversation,
            parent=request.parent,
            parent_given="parent" in request.model_fields_set,
            model=self._model(request.model),
            stop_running=request.if_busy == "stop",
            policy=self._options.policy,
            # Whoever repeats what was stored before is answered even when nothing new is taken.
            limits=replace(limits, runs=0) if refusal else limits,
        )
        try:
            sent = await self._store.send(command)
        except TooManyRunsError as exc:
            raise refusal or exc from None
        if not sent.duplicate:
            self._runs.start(user, sent, self._announcements(sent))
        elif self._perhaps_untold(sent):
            self._runs.announce(user, self._announcements(sent))
        return {
            "conversation": sent.conversation.to_json(),
            "message": sent.message.to_json(),
            "reply": sent.reply.to_json(),
            "duplicate": sent.duplicate,
        }

    async def stop(self, user: str, request: StopRequest) -> Json:
        """Record that a run is to stop, and stop it where it is this process's."""
        if (request.run is None) == (request.client_message_id is None):
            raise InvalidRequestError("Say either which run is to stop or which message's.")
        status: RunStatus | None = None
        if request.run is not None:
            status = await self._store.stop_run(user, request.run)
        elif request.client_message_id is not None:
            status = await self._store.stop_message(user, request.client_message_id)
        if status is None:
            return {"run": None}
        self._runs.stop(status.id)
        live = self._runs.state(status.id)
        return {"run": (live.run if live else status).to_json()}

    def _perhaps_untold(self, sent: Sent) -> bool:
        """Say whether whoever stored the send may have died before other devices were told of it."""
        run = sent.reply.run
        if run is None or self._runs.state(run.id) is not None:
            return False
        return run.status == "running" or run.attempt > 1

    def _model(self, wanted: str | None) -> str:
        models = self._models()
        if wanted is None:
            return models[0].id
        if all(model.id != wanted for model in models):
            raise NotFoundError("There is no such model. Choose one of those that are offered.")
        return wanted

    def _announcements(self, sent: Sent) -> list[Publication]:
        limit = self._options.publication_size
        return [
            Publication(conversation_event(sent.conversation)),
            Publication(message_event(sent.message, limit)),
            Publication(message_event(sent.reply, limit)),
        ]


def _fingerprint(request: SendRequest) -> str:
    content = [
        "send",
        request.text,
        request.conversation,
        "parent" in request.model_fields_set,
        request.parent,
        request.model,
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
