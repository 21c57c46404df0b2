"""Sending a prompt and stopping an answer."""

from collections.abc import Callable, Sequence

from ..core.objects import Json, RunStatus
from ..core.sentences import counted
from ..core.text import title_of, utf16_length
from ..errors import InvalidRequestError, TooLargeError
from ..ports import Caller, ConversationStore, ModelInfo, SendCommand
from ..runs.engine import Runs
from .beginning import Beginning, SendOptions, fingerprint, offered
from .requests import SendRequest, StopRequest
from .titling import Titling


class Sending:
    """Store prompts, start what answers them, and stop it again."""

    def __init__(
        self,
        store: ConversationStore,
        runs: Runs,
        *,
        models: Callable[[], Sequence[ModelInfo]],
        options: SendOptions,
        titling: Titling | None,
    ) -> None:
        self._store = store
        self._runs = runs
        self._models = models
        self._options = options
        self._beginning = Beginning(store.send, runs, titling, publication_size=options.publication_size)

    async def send(self, caller: Caller, request: SendRequest) -> Json:
        """Store a prompt and start its run, once per ``client_message_id``."""
        if not request.text:
            raise InvalidRequestError("A message needs some text.")
        limits = caller.limits.over(self._options.limits)
        length, limit = utf16_length(request.text), limits.prompt
        if limit is not None and length > limit:
            raise TooLargeError(
                f"The message has {counted(length, 'character')}, of which {limit:,} may be sent."
            )
        return await self._beginning.begin(
            SendCommand(
                user=caller.user,
                client_message_id=request.client_message_id,
                fingerprint=_fingerprint(request),
                text=request.text,
                title=title_of(request.text),
                conversation=request.conversation,
                parent=request.parent,
                parent_given="parent" in request.model_fields_set,
                model=offered(self._models(), request.model)[0],
                stop_running=request.if_busy == "stop",
                policy=self._options.policy,
                limits=limits,
            )
        )

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


def _fingerprint(request: SendRequest) -> str:
    given = "parent" in request.model_fields_set
    return fingerprint("send", request.text, request.conversation, given, request.parent, request.model)
