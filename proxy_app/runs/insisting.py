"""Ask a database again that is away."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..errors import UnavailableError

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 2.0
"""Seconds between two attempts; each pause is twice the one before."""


async def insist(
    attempt: Callable[[], Awaitable[_Result]], complaint: str, *, seconds: float = math.inf
) -> _Result:
    """Do what ``attempt`` does until the database lets it, for at most ``seconds``; log ``complaint``.

    Raises:
        UnavailableError: It did not in that time.
    """
    loop = asyncio.get_running_loop()
    deadline, delay = loop.time() + seconds, _FIRST_DELAY
    while True:
        try:
            return await attempt()
        except UnavailableError as exc:
            if loop.time() + delay > deadline:
                raise
            _log.warning("%s: %s", complaint, exc)
        await asyncio.sleep(delay)
        delay = min(delay * 2, _LONGEST_DELAY)
