"""Having a prompt answered once more: anew, or from where an answer broke off."""

from collections.abc import Callable, Sequence

from ..core.objects import Json
from ..core.recovery import Policy
from ..ports import AnswerCommand, Caller, ConversationStore, ModelInfo
from ..runs.engine import Runs
from .beginning import Beginning, SendOptions, fingerprint, offered
from .requests import ContinueRequest, RegenerateRequest
from .titling import Titling


class Answering:
    """Store answers beside those that are there, and start their runs."""

    def __init__(
        self,
        store: ConversationStore,
        runs: Runs,
        *,
        models: Callable[[], Sequence[ModelInfo]],
        options: SendOptions,
        titling: Titling | None,
    ) -> None:
        self._models = models
        self._options = options
        self._beginning = Beginning(store.answer, runs, titling, publication_size=options.publication_size)

    async def regenerate(self, caller: Caller, request: RegenerateRequest) -> Json:
        """Have the prompt of an answer answered anew, once per ``client_message_id``."""
        return await self._answer(
            caller,
            request,
            models=offered(self._models(), request.model),
            mark=fingerprint("regenerate", request.message, request.model),
            policy=self._options.policy,
            goes_on=False,
        )

    async def go_on(self, caller: Caller, request: ContinueRequest) -> Json:
        """Have an answer that broke off gone on with in a sibling, once per ``client_message_id``."""
        # To be asked anew would lose the text that it begins with.
        policy: Policy = "continue" if self._options.policy == "retry" else self._options.policy
        return await self._answer(
            caller,
            request,
            models=offered(self._models(), None),
            mark=fingerprint("continue", request.message),
            policy=policy,
            goes_on=True,
        )

    async def _answer(
        self,
        caller: Caller,
        request: RegenerateRequest | ContinueRequest,
        *,
        models: Sequence[str],
        mark: str,
        policy: Policy,
        goes_on: bool,
    ) -> Json:
        return await self._beginning.begin(
            AnswerCommand(
                user=caller.user,
                client_message_id=request.client_message_id,
                fingerprint=mark,
                message=request.message,
                models=models,
                goes_on=goes_on,
                longest=self._options.max_answer,
                stop_running=request.if_busy == "stop",
                policy=policy,
                limits=caller.limits.over(self._options.limits),
            )
        )
