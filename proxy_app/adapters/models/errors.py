"""From what went wrong upstream to the project's errors; details go into the log, never to a user."""

import logging
import re
from collections.abc import Sequence

import aiohttp
import httpx2
import openai

from ...errors import (
    ContextTooLongError,
    ModelAuthError,
    ModelBrokenError,
    ModelError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelRateLimitedError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnreachableError,
    QuotaExceededError,
)
from .failures import Failure, read_failure

logger = logging.getLogger(__name__)

FOREIGN_ERRORS = (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError, OSError)
"""What the SDK and the layers beneath it raise; ``TimeoutError`` is an ``OSError``."""

_DETAIL = 300
"""Characters of the upstream's own words that the log keeps."""
_READ = 20_000
"""Characters of them that are looked at."""
_SHORTEST_SECRET = 4
"""Replacing what is shorter would only hide the rest."""

_BY_WORD: dict[str, type[ModelError]] = {
    "invalid_api_key": ModelAuthError,
    "authentication_error": ModelAuthError,
    "permission_error": ModelAuthError,
    "model_not_found": ModelNotFoundError,
    "insufficient_quota": QuotaExceededError,
    "billing_hard_limit_reached": QuotaExceededError,
    "billing_not_active": QuotaExceededError,
    "content_filter": ModelRefusedError,
    "content_policy_violation": ModelRefusedError,
    "responsibleaipolicyviolation": ModelRefusedError,
    "context_length_exceeded": ContextTooLongError,
    "exceed_context_size_error": ContextTooLongError,  # llama.cpp
    "rate_limit_exceeded": ModelRateLimitedError,
    "rate_limit_error": ModelRateLimitedError,
    "overloaded_error": ModelOverloadedError,
    "server_error": ModelOverloadedError,
    "internal_server_error": ModelOverloadedError,
    "internalservererror": ModelOverloadedError,
    "insufficient_system_resource": ModelOverloadedError,
}
_CONTEXT = re.compile(
    r"maximum context length"  # vLLM, OpenAI's older servers
    r"|exceeds? the (context length|context window|available context size)"  # Ollama, OpenAI, llama.cpp
    r"|longer than the (maximum model length|model's context length)"  # vLLM
    r"|prompt (is )?too long"  # Anthropic, Ollama
    r"|input token count .*exceeds"  # Gemini
    r"|with context length of only",  # LM Studio
    re.IGNORECASE,
)
_BY_STATUS: dict[int, type[ModelError]] = {
    401: ModelAuthError,
    402: QuotaExceededError,
    403: ModelAuthError,
    404: ModelNotFoundError,
    408: ModelTimeoutError,
    413: ContextTooLongError,
    429: ModelRateLimitedError,
}
_REFUSED = "The model service did not accept the request. Tell whoever runs this server."


def failure_of(error: BaseException) -> Failure | None:
    """Return what the server said, if ``error`` is an answer of the server's."""
    if not isinstance(error, openai.APIStatusError):
        return None
    return read_failure(error.status_code, error.response.content, error.response.headers)


def error_for(failure: Failure) -> ModelError:
    """Return the error that a server's answer amounts to."""
    # Words say more than a status: a quota may be a 429, an unknown model a 403.
    for word, kind in _BY_WORD.items():
        if word in failure.words:
            return kind(retry_after=failure.retry_after)
    if failure.status not in (401, 403, 429) and _CONTEXT.search(failure.message):
        return ContextTooLongError()
    if failure.status is not None and failure.status >= 500:
        return ModelOverloadedError(retry_after=failure.retry_after)
    if failure.status in _BY_STATUS:
        return _BY_STATUS[failure.status](retry_after=failure.retry_after)
    return ModelBrokenError(_REFUSED if failure.status else None)


def opening_error(error: BaseException) -> ModelError:
    """Return the error for a completion of which no head arrived."""
    failure = failure_of(error)
    if failure is not None:
        return error_for(failure)
    chain = _chain(error)
    if any(isinstance(cause, aiohttp.ClientResponseError | httpx2.ReadError) for cause in chain):
        return ModelBrokenError()  # Something answered, but not in HTTP, or not to the end.
    if isinstance(error, TimeoutError):
        return ModelTimeoutError()
    return ModelUnreachableError()


def broke_before_head(error: BaseException) -> bool:
    """Tell whether a connection that stood went away without an answer."""
    chain = _chain(error)
    met = any(isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) for cause in chain)
    return met and not any(isinstance(cause, aiohttp.ClientConnectorError) for cause in chain)


def log_failure(error: ModelError, cause: BaseException | Failure, hidden: Sequence[str]) -> None:
    """Log why a call failed: a few of the upstream's own words, without ``hidden``."""
    failure = cause if isinstance(cause, Failure) else failure_of(cause)
    if failure is None:
        detail = " < ".join(f"{type(link).__name__}: {link}" for link in _chain(cause))  # type: ignore[arg-type]
    else:
        detail = (
            f"status {failure.status}, {', '.join(sorted(failure.words)) or 'no code'}: {failure.message}"
        )
    detail = detail[:_READ]
    for secret in hidden:
        if len(secret) >= _SHORTEST_SECRET:
            detail = detail.replace(secret, "[…]")
    shown = "".join(character if character.isprintable() else " " for character in detail[:_DETAIL])
    logger.warning("A model call failed: %s (%s)", error.code, shown)


def _chain(error: BaseException) -> list[BaseException]:
    """Return ``error`` and what led to it: the SDK and its transport wrap each other's exceptions."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__
    return chain
