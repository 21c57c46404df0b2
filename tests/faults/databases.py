"""Databases as somebody sees them who stands beside the product: who looks into them, and locks them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Protocol

import asyncpg
from asyncpg.transaction import Transaction

from tests.stack.cluster import Cluster

TABLES = ("conversations", "messages", "runs", "run_texts", "requests")


class LookedAt(Protocol):
    """A database under a fault."""

    async def running(self) -> set[str]:
        """Return the runs without an end."""
        ...

    async def known(self, client_message_ids: Iterable[str]) -> int:
        """Return how many of these prompts have their run."""
        ...

    async def owed(self) -> int:
        """Return how many ends are not known to be published."""
        ...

    async def rows(self) -> dict[str, int]:
        """Return how many rows each table holds."""
        ...

    @asynccontextmanager
    def locked(self) -> AsyncIterator[None]:
        """Keep everybody else from writing while the block lasts."""
        ...


class SqliteFile:
    """A SQLite file, opened beside the service."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def running(self) -> set[str]:
        return {str(run) for (run,) in self._read("SELECT id FROM runs WHERE status = 'running'")}

    async def known(self, client_message_ids: Iterable[str]) -> int:
        wanted = set(client_message_ids)
        found = self._read("SELECT client_message_id FROM requests WHERE run_id IS NOT NULL")
        return sum(name in wanted for (name,) in found)

    async def owed(self) -> int:
        return len(self._read("SELECT id FROM runs WHERE end_publication IS NOT NULL"))

    async def rows(self) -> dict[str, int]:
        return {table: self._read(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        with closing(sqlite3.connect(self._path, isolation_level=None, timeout=5)) as database:
            database.execute("BEGIN EXCLUSIVE")
            yield
            database.execute("ROLLBACK")

    def _read(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=5)) as database:
            return database.execute(query).fetchall()


class PostgresServer:
    """The PostgreSQL of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def running(self) -> set[str]:
        found = await self._cluster.query("SELECT id FROM runs WHERE status = 'running'")
        return {row["id"] for row in found}

    async def known(self, client_message_ids: Iterable[str]) -> int:
        query = "SELECT 1 FROM requests WHERE run_id IS NOT NULL AND client_message_id = ANY($1)"
        return len(await self._cluster.query(query, list(client_message_ids)))

    async def owed(self) -> int:
        return len(await self._cluster.query("SELECT id FROM runs WHERE end_publication IS NOT NULL"))

    async def rows(self) -> dict[str, int]:
        counts = {}
        for table in TABLES:
            (row,) = await self._cluster.query(f"SELECT count(*) AS number FROM {table}")
            counts[table] = row["number"]
        return counts

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        dsn = self._cluster.postgresql.dsn(self._cluster.database)
        connection = await asyncpg.connect(dsn, timeout=5)
        try:
            transaction = await _lock(connection)
            yield
            await transaction.rollback()
        finally:
            await asyncio.shield(connection.close(timeout=5))


async def _lock(connection: asyncpg.Connection) -> Transaction:
    """Lock what runs are in, in a transaction of its own; where that is a deadlock, again."""
    while True:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute("LOCK TABLE runs, run_texts, messages IN ACCESS EXCLUSIVE MODE")
        except asyncpg.DeadlockDetectedError:
            await transaction.rollback()
        else:
            return transaction
