"""Every error of the project, in the project's words.

::

    ChatError
    ├── SettingsError             a setting is missing or wrong
    ├── ClientError               an RPC is refused (protocol.md §6); its message is for the user
    │   ├── InvalidRequestError 1400 · ForbiddenError 1403 · NotFoundError 1404 · BusyError 1408
    │   ├── IdempotencyConflictError 1409 · TooLargeError 1413 · RateLimitedError 1429
    │   └── TooManyRunsError 1430 · InternalError 1500 · UnavailableError 1503
    ├── NotAuthenticatedError     nobody may connect like this
    │   └── HeadersTooLargeError  with so large cookies
    ├── ModelError                the model, or the way to it, failed; its message is for the user
    │   ├── ModelAuthError · ModelNotFoundError · ModelRateLimitedError · QuotaExceededError
    │   ├── ModelOverloadedError · ModelTimeoutError · ModelStalledError · ModelUnreachableError
    │   └── ModelBrokenError · ModelRefusedError · ContextTooLongError
    ├── PublishError              Centrifugo did not take a publication; trying again may help
    └── OwnershipLostError        another owner has taken the run; this one may not write any more
"""

from typing import ClassVar


class ChatError(Exception):
    """The root of all errors that the project raises itself."""


class SettingsError(ChatError):
    """A setting is missing or wrong; the message is one sentence that says what to do."""


class ClientError(ChatError):
    """An RPC is refused; ``str()`` is a sentence for the user, ``code`` travels (``protocol.md`` §6)."""

    code: ClassVar[int]
    temporary: ClassVar[bool] = False


class InvalidRequestError(ClientError):
    """The request is malformed, of an unknown method, or exceeds a limit on form."""

    code = 1400


class ForbiddenError(ClientError):
    """The thing is known, but not the user's to change."""

    code = 1403


class NotFoundError(ClientError):
    """The thing does not exist, or is not the user's; the two are not told apart."""

    code = 1404


class BusyError(ClientError):
    """A run of this conversation is going, and the request would rather be rejected than stop it."""

    code = 1408


class IdempotencyConflictError(ClientError):
    """The same ``client_message_id`` was used before with another content."""

    code = 1409


class TooLargeError(ClientError):
    """The prompt or the context is above its limit."""

    code = 1413


class RateLimitedError(ClientError):
    """Too much in too short a time: calls, prompts or tokens; the message says when to try again."""

    code = 1429
    temporary = True


class TooManyRunsError(ClientError):
    """Too many answers at once for this user."""

    code = 1430
    temporary = True


class InternalError(ClientError):
    """A bug; nothing of it leaks."""

    code = 1500
    temporary = True


class UnavailableError(ClientError):
    """The service is stopping, or the database or Centrifugo is away."""

    code = 1503
    temporary = True


class NotAuthenticatedError(ChatError):
    """Nobody is known by what was brought, or not any more; clients ask whether to begin again.

    ``str()`` is a reason of at most 32 ASCII bytes. Longer ones, or codes outside 4500-4999, would make
    Centrifugo's clients reconnect for ever.
    """

    disconnect_code: ClassVar[int] = 4501


class HeadersTooLargeError(NotAuthenticatedError):
    """The visitor's headers are too large, whoever it is; fewer cookies help, a login does not."""

    disconnect_code = 4502

    def __init__(self) -> None:
        super().__init__("headers too large: clear cookies")


class ModelError(ChatError):
    """The model, or the way to it, failed; ``str()`` is for the user, details belong into the log."""

    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, sentence: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(sentence or self.sentence)
        self.retry_after = retry_after
        """Seconds after which the upstream wants to be asked again, where it told."""


class ModelAuthError(ModelError):
    """The upstream does not accept our key (401, 403)."""

    code = "model_auth"
    sentence = "The model service did not accept this server's key. Tell whoever runs it."


class ModelNotFoundError(ModelError):
    """The upstream does not know the model (404, or an unknown model by its error code)."""

    code = "model_not_found"
    sentence = "The model service does not know this model. Choose another one."


class ModelRateLimitedError(ModelError):
    """The upstream wants to be asked less often (429)."""

    code = "model_rate_limited"
    sentence = "The model is being asked too often at the moment. Try again soon."


class QuotaExceededError(ModelError):
    """The quota or credit, the provider's or ours, is used up."""

    code = "quota_exceeded"
    sentence = "The quota for this model is used up. Tell whoever runs this server."


class ModelOverloadedError(ModelError):
    """The upstream answered with any 5xx."""

    code = "model_overloaded"
    sentence = "The model service is overloaded or in trouble. Try again soon."


class ModelTimeoutError(ModelError):
    """No head of the answer arrived in time."""

    code = "model_timeout"
    sentence = "The model did not begin to answer in time. Try again."


class ModelStalledError(ModelError):
    """The stream was silent for longer than the watchdog allows."""

    code = "model_stalled"
    sentence = "The model fell silent in the middle of the answer. Try again."


class ModelUnreachableError(ModelError):
    """There was no connection to the upstream, or it broke before the head of the answer."""

    code = "model_unreachable"
    sentence = "The model service can't be reached. Try again soon."


class ModelBrokenError(ModelError):
    """The stream was cut, ended without an end, or is not what it should be."""

    code = "model_broken"
    sentence = "The connection to the model broke in the middle of the answer. Try again."


class ModelRefusedError(ModelError):
    """A content filter refused before the first token."""

    code = "model_refused"
    sentence = "The model service refused to answer this. Ask in another way."


class ContextTooLongError(ModelError):
    """The conversation does not fit into the model's context, in any dialect of saying so."""

    code = "context_too_long"
    sentence = "This conversation is too long for the model. Start a new one, or shorten your message."


class PublishError(ChatError):
    """Centrifugo did not take a publication, or can't be asked; trying again may help."""


class OwnershipLostError(ChatError):
    """The run has another owner or is gone; nothing more may be written or published for it."""
