"""Asking other servers: one GET, bounded in time and size, that follows no redirect."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from ..errors import UnavailableError


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    """Names are found in any case."""
    body: bytes


class Fetcher:
    """Ask over ``client``, whose cookies must be nobody's: visitors would get each other's."""

    def __init__(self, client: httpx2.AsyncClient, *, timeout: float, limit: int) -> None:
        """Wait ``timeout`` seconds for a whole answer of at most ``limit`` bytes."""
        self._client = client
        self._timeout = timeout
        self._limit = limit

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Return the answer, whatever its status.

        Raises:
            UnavailableError: There is none that can be used; the message is for the log.
        """
        sent = [(name.encode(), value.encode("utf-8", "replace")) for name, value in (headers or {}).items()]
        # What is not compressed can't be a bomb.
        sent.append((b"accept-encoding", b"identity"))
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream("GET", url, headers=sent, follow_redirects=False) as response,
            ):
                body = bytearray()
                async for piece in response.aiter_raw():
                    body += piece
                    if len(body) > self._limit:
                        raise UnavailableError(f"its answer has more than {self._limit} bytes")
                return Fetched(response.status_code, response.headers, bytes(body))
        except TimeoutError:
            raise UnavailableError(f"it did not answer within {self._timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as exc:
            raise UnavailableError(f"it can't be asked ({type(exc).__name__})") from exc
