"""Reading one completion off the network, until the model has ended it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import cast

import httpx2

from ...core.chunks import Finish, ModelChunk
from ...core.completion import CompletionParser, MalformedEventError, UpstreamError
from ...core.sse import SseOverflowError, SseSplitter
from ...errors import ModelBrokenError, ModelError, ModelRefusedError, ModelStalledError
from .errors import FOREIGN_ERRORS, error_for
from .failures import Failure, read_failure
from .watchdog import Watchdog

LONGEST_EVENT = 1024 * 1024
"""Bytes of one event of the stream."""
_USAGE_PATIENCE = 1.0
"""Seconds that the end of the answer waits for its usage."""
_END_PATIENCE = 0.1
"""Seconds to wait for the end of the body, after which the connection can serve another call."""
_LONGEST_EXPLANATION = 64 * 1024
"""Bytes that are read of an answer that is no stream."""
_NO_STREAM = ("application/json", "application/problem+json", "text/html")
_NOT_A_MODEL = "What answers in place of the model is no model. Tell whoever runs this server."
_TROUBLES = (*FOREIGN_ERRORS, MalformedEventError, SseOverflowError, UpstreamError)
"""What can go wrong within a stream."""

Report = Callable[[ModelError, BaseException | Failure], ModelError]
"""Logs why a completion failed, and returns the error to raise."""


async def read_completion(
    response: httpx2.Response, *, stall_timeout: float, report: Report
) -> AsyncGenerator[Sequence[ModelChunk], None]:
    """Yield what each read brings, up to the finish and the usage after it.

    Args:
        response: The answer, of which only the head was read.
        stall_timeout: Longest silence, in seconds; bytes of any kind end it, comments as well.
        report: What every failure passes through.

    Raises:
        ModelError: The answer is no stream, breaks off, reports a failure or ends without a finish.
    """
    async with Watchdog(stall_timeout) as watchdog, aclosing(_reads(response)) as reads:
        if response.headers.get("content-type", "").lower().startswith(_NO_STREAM):
            raise await _explanation(reads, stall_timeout, report)
        splitter, parser = SseSplitter(LONGEST_EVENT), CompletionParser()
        while not parser.finished:
            chunks: list[ModelChunk] = []
            error: ModelError | None = None
            try:
                data = await watchdog.wait(anext(reads, None))
                _feed(splitter, parser, data, chunks)
                if (data is None or parser.complete) and not parser.finished:
                    error = report(ModelBrokenError(), Failure(message="it ended without a finish reason"))
            except _TROUBLES as exc:
                if not parser.finished:  # Afterwards nothing can spoil the answer any more.
                    error = _translate(exc, report)
            if isinstance(error, ModelRefusedError) and parser.spoken:
                chunks += parser.finish("content-filter")  # What was said before stays an answer.
                error = None
            if Finish("content-filter") in chunks and not parser.spoken:
                error = report(ModelRefusedError(), Failure(message="the content filter stopped it"))
                chunks = []
            if chunks:
                yield chunks
            if error is not None:
                raise error from None
        if rest := await _read_on(reads, splitter, parser):
            yield rest


def _reads(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    if "content-encoding" in response.headers:
        return response.aiter_bytes()
    # Each layer of iteration costs a tenth of what a chunk costs in all; this goes past two of them.
    return cast("AsyncGenerator[bytes, None]", aiter(cast("httpx2.AsyncByteStream", response.stream)))


def _feed(
    splitter: SseSplitter, parser: CompletionParser, data: bytes | None, chunks: list[ModelChunk]
) -> None:
    """Add to ``chunks`` what ``data``, or the end of the body, brings; they stay if an event is wrong."""
    for payload in splitter.end() if data is None else splitter.feed(data):
        chunks += parser.feed(payload)
        if parser.complete:
            return


async def _read_on(
    reads: AsyncGenerator[bytes, None], splitter: SseSplitter, parser: CompletionParser
) -> list[ModelChunk]:
    """Wait a little for the usage, and for the end of the body; the answer is whole without either."""
    chunks: list[ModelChunk] = []
    patience = _END_PATIENCE if parser.complete else _USAGE_PATIENCE
    with suppress(*_TROUBLES):
        async with asyncio.timeout(patience) as limit:
            async for data in reads:
                if parser.complete:
                    continue
                _feed(splitter, parser, data, chunks)
                if parser.complete:
                    limit.reschedule(asyncio.get_running_loop().time() + _END_PATIENCE)
    return chunks


def _translate(trouble: Exception, report: Report) -> ModelError:
    if isinstance(trouble, UpstreamError):
        failure = read_failure(None, trouble.body)
        return report(error_for(failure), failure)
    return report(ModelStalledError() if isinstance(trouble, TimeoutError) else ModelBrokenError(), trouble)


async def _explanation(
    reads: AsyncGenerator[bytes, None], stall_timeout: float, report: Report
) -> ModelError:
    """Return the error for an answer with status 200 that is no stream."""
    body = b""
    try:
        async with asyncio.timeout(stall_timeout):
            async for data in reads:
                body += data
                if len(body) >= _LONGEST_EXPLANATION:
                    break
    except FOREIGN_ERRORS as exc:
        return report(ModelBrokenError(), exc)
    failure = read_failure(None, body)
    known = error_for(failure)
    return report(ModelBrokenError(_NOT_A_MODEL) if type(known) is ModelBrokenError else known, failure)
