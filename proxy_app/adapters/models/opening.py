"""Building the model adapter, and what it holds open."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI, DefaultAioHttpClient

from .catalogue import ModelCatalogue, listed_ids
from .errors import FOREIGN_ERRORS, log_failure, opening_error
from .openai import OpenAIChatModel

_OPENAI = "https://api.openai.com/v1"
_NO_KEY = "no-key"
"""Sent where no key is set: the SDK insists on one, servers of one's own do not look."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@asynccontextmanager
async def open_chat_model(
    *,
    base_url: str | None,
    api_key: str | None,
    models: Sequence[str],
    name: str | None,
    demo: bool,
    connect_timeout: float,
    head_timeout: float,
    stall_timeout: float,
    retries: int,
    max_output_tokens: int,
    retry_delay: float = 0.5,
) -> AsyncIterator[OpenAIChatModel]:
    """Open the way to an OpenAI-compatible server; nothing is asked for before the first completion needs it.

    Args:
        base_url: The server's address, ``/v1`` included; by default OpenAI's.
        api_key: The key, where the server wants one.
        models: Names of models, the default first; empty for what the server lists first.
        name: What the page calls the default model.
        demo: Whether the page has to say that this is a demo model.
        connect_timeout: Seconds to wait for a connection.
        head_timeout: Seconds to wait for the head of an answer, connecting included.
        stall_timeout: Seconds of silence after which a stream counts as stalled.
        retries: How often a failed call is repeated, before its first token only.
        max_output_tokens: Token limit of every completion.
        retry_delay: Seconds before the first of those retries.
    """
    address = base_url or _OPENAI
    # Silence is timed by ourselves: before the head and after it, different times are right.
    timeout = httpx2.Timeout(connect=connect_timeout, pool=connect_timeout, read=None, write=None)
    http = DefaultAioHttpClient(
        timeout=timeout,
        # 0 is aiohttp's word for no limit; how many completions run is limited elsewhere.
        limits=httpx2.Limits(max_connections=0, max_keepalive_connections=None, keepalive_expiry=30),
        # A proxy for the world outside can't reach a model on this machine.
        trust_env=urlsplit(address).hostname not in _LOOPBACK,
    )
    client = AsyncOpenAI(
        base_url=address, api_key=api_key or _NO_KEY, max_retries=0, timeout=timeout, http_client=http
    )

    async def list_ids() -> list[str]:
        try:
            async with asyncio.timeout(head_timeout):
                response = await client.get("/models", cast_to=httpx2.Response)
        except FOREIGN_ERRORS as exc:
            error = opening_error(exc)
            log_failure(error, exc, hidden=(client.api_key,))
            raise error from None
        return listed_ids(response.content)

    async with client:
        catalogue = ModelCatalogue(list_ids, ids=models, name=name, demo=demo)
        settling = asyncio.create_task(catalogue.settle(), name="model-catalogue")
        try:
            yield OpenAIChatModel(
                client,
                catalogue=catalogue,
                head_timeout=head_timeout,
                stall_timeout=stall_timeout,
                retries=retries,
                retry_delay=retry_delay,
                max_output_tokens=max_output_tokens,
            )
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
