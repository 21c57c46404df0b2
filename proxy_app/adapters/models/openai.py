"""Completions of any OpenAI-compatible server.

The SDK makes the request; the stream is read as raw bytes, because building its objects for every chunk is
most of what streaming through the SDK costs.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import httpx2
from openai import AsyncOpenAI

from ...core.chunks import ModelChunk
from ...errors import ContextTooLongError, ModelError, ModelUnreachableError
from ...ports import ModelInfo, PromptMessage
from .catalogue import ModelCatalogue
from .dialect import Dialect, assumed_dialect
from .errors import FOREIGN_ERRORS, broke_before_head, failure_of, log_failure, opening_error
from .failures import Failure
from .reading import Report, read_completion
from .retries import wait_before_retry

_MOST_DIALECTS = 2
"""How often a call is asked in another dialect: once for each parameter that may be refused."""


class OpenAIChatModel:
    """A ``ChatModel`` (``proxy_app.ports``) behind an HTTP address."""

    def __init__(
        self,
        client: AsyncOpenAI,
        *,
        catalogue: ModelCatalogue,
        head_timeout: float,
        stall_timeout: float,
        retries: int,
        retry_delay: float,
        max_output_tokens: int,
    ) -> None:
        self._client = client
        self._catalogue = catalogue
        self._head_timeout = head_timeout
        self._stall_timeout = stall_timeout
        self._retries = retries
        self._retry_delay = retry_delay
        self._max_output_tokens = max_output_tokens
        self._dialect = assumed_dialect(str(client.base_url))

    def models(self) -> tuple[ModelInfo, ...]:
        """Return the models that users may choose, the default first."""
        return self._catalogue.models()

    def limited(self, max_output_tokens: int) -> "OpenAIChatModel":
        """Return the same, but with another limit, and without a second try."""
        return OpenAIChatModel(
            self._client,
            catalogue=self._catalogue,
            head_timeout=self._head_timeout,
            stall_timeout=self._stall_timeout,
            retries=0,
            retry_delay=self._retry_delay,
            max_output_tokens=max_output_tokens,
        )

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[PromptMessage], /
    ) -> AsyncIterator[AsyncIterator[Sequence[ModelChunk]]]:
        """Open a completion, as ``ChatModel.stream`` says."""
        hidden = (self._client.api_key, *(message.text for message in messages))

        def report(error: ModelError, cause: BaseException | Failure) -> ModelError:
            log_failure(error, cause, hidden)
            return error

        async with AsyncExitStack() as stack:
            name = await self._catalogue.resolve(model)
            response = await self._open(stack, name, messages, report)
            reads = read_completion(response, stall_timeout=self._stall_timeout, report=report)
            yield await stack.enter_async_context(aclosing(reads))

    async def _open(
        self, stack: AsyncExitStack, model: str, messages: Sequence[PromptMessage], report: Report
    ) -> httpx2.Response:
        """Ask until there is a head, or no point in asking again; ``stack`` closes the connection."""
        dialect, dialects, retried, repeated = self._dialect, 0, 0, False
        while True:
            try:
                response = await self._ask(stack, dialect, model, messages)
            except FOREIGN_ERRORS as exc:
                error = opening_error(exc)
                failure = failure_of(exc)
                other = dialect.without(failure) if failure else None
                if other and dialects < _MOST_DIALECTS and not isinstance(error, ContextTooLongError):
                    dialect, dialects = other, dialects + 1
                    continue
                if isinstance(error, ModelUnreachableError) and broke_before_head(exc) and not repeated:
                    # Most likely a connection kept from an earlier call, which the server had closed.
                    repeated = True
                    continue
                wait = wait_before_retry(error, retried, retries=self._retries, delay=self._retry_delay)
                if wait is None:
                    # The SDK's exceptions carry the upstream's whole answer, which no traceback may show.
                    raise report(error, exc) from None
            else:
                self._dialect = dialect
                return response
            retried += 1
            await asyncio.sleep(wait)

    async def _ask(
        self, stack: AsyncExitStack, dialect: Dialect, model: str, messages: Sequence[PromptMessage]
    ) -> httpx2.Response:
        body = dialect.body(model, messages, self._max_output_tokens)
        completions = self._client.chat.completions.with_streaming_response
        async with asyncio.timeout(self._head_timeout):
            # Compression would hold words back until a block is full.
            answer = completions.create(**body, extra_headers={"Accept-Encoding": "identity"})
            response = await stack.enter_async_context(answer)
        head: httpx2.Response = response.http_response
        return head
