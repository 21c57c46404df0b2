"""Which RPC is whose: method names, the form of their requests, and who answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..conversations import requests
from ..conversations.answering import Answering
from ..conversations.keeping import Keeping
from ..conversations.looking import Looking
from ..conversations.sending import Sending
from ..core.objects import Json
from ..errors import InvalidRequestError
from ..ports import Caller
from .turnstile import Turnstile

Answer = Callable[[Caller, Any], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method: the form of its request, and who answers for a user."""

    form: type[requests.Request]
    answer: Answer


class Rpc:
    """The methods of ``docs/protocol.md`` §5."""

    def __init__(
        self,
        sending: Sending,
        answering: Answering,
        looking: Looking,
        keeping: Keeping,
        turnstile: Turnstile,
    ) -> None:
        self._turnstile = turnstile
        self._methods = {
            "chat:sync": Method(requests.SyncRequest, _by_user(looking.sync)),
            "chat:send": Method(requests.SendRequest, sending.send),
            "chat:regenerate": Method(requests.RegenerateRequest, answering.regenerate),
            "chat:continue": Method(requests.ContinueRequest, answering.go_on),
            "chat:stop": Method(requests.StopRequest, _by_user(sending.stop)),
            "chat:run": Method(requests.RunRequest, _by_user(looking.run)),
            "chat:conversations": Method(requests.ConversationsRequest, _by_user(looking.conversations)),
            "chat:conversation": Method(requests.ConversationRequest, _by_user(looking.conversation)),
            "chat:rename": Method(requests.RenameRequest, _by_user(keeping.rename)),
            "chat:delete": Method(requests.DeleteRequest, _by_user(keeping.delete)),
            "chat:restore": Method(requests.RestoreRequest, keeping.restore),
            "chat:select": Method(requests.SelectRequest, _by_user(keeping.select)),
        }

    async def call(self, caller: Caller, method: str, data: Any) -> Json:
        """Answer a call.

        Raises:
            ClientError: It is refused, and why.
        """
        try:
            known, request = self._read(method, data)
        except InvalidRequestError:
            await self._turnstile.pass_through(caller, 1)
            raise
        await self._turnstile.pass_through(caller, _weight(request))
        return await known.answer(caller, request)

    def _read(self, method: str, data: Any) -> tuple[Method, requests.Request]:
        known = self._methods.get(method)
        if known is None:
            raise InvalidRequestError("There is no such method.")
        try:
            return known, known.form.model_validate({} if data is None else data)
        except ValidationError as exc:
            raise InvalidRequestError(_sentence(exc)) from None


def _by_user(answer: Callable[[str, Any], Awaitable[Json]]) -> Answer:
    """Return an answer that depends on who calls, not on their limits."""
    return lambda caller, request: answer(caller.user, request)


def _weight(request: requests.Request) -> int:
    """Return how many calls a request counts as, by what it costs."""
    match request:
        case requests.ConversationsRequest(query=str()):
            return 5
        case requests.SyncRequest():
            return 2
        case _:
            return 1


def _sentence(exc: ValidationError) -> str:
    """Say which field is wrong; its value stays unsaid."""
    error = exc.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(step) for step in error["loc"])
    if not field:
        return "The request has to be an object."
    if error["type"] == "missing":
        return f"The request lacks {field}."
    return f"The request's {field} is not what it should be."
