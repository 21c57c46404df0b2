"""Questions whether the system's servers answer yet, for those who wait for that."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing

import asyncpg

from .places import LOOPBACK

Question = Callable[[], Awaitable[bool]]
_PATIENCE = 2
"""Seconds that an answer may take."""


def postgresql_answers(url: str) -> Question:
    """Return a question: whether a query at the service's database URL is answered."""

    async def ask() -> bool:
        try:
            connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=_PATIENCE)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close(timeout=_PATIENCE)
        return True

    return ask


def redis_answers(port: int, password: str) -> Question:
    """Return a question: whether Redis on loopback has read what it kept, and answers."""

    async def ask() -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_connection(LOOPBACK, port)
                with closing(writer):
                    writer.write(f"AUTH {password}\r\nPING\r\n".encode())
                    return [await reader.readline(), await reader.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except (OSError, TimeoutError):
            return False

    return ask


def listens(port: int) -> Question:
    """Return a question: whether anybody on loopback accepts connections."""

    async def ask() -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            return False
        writer.close()
        return True

    return ask
