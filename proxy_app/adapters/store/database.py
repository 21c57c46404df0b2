"""The connection to the database: transactions, and what a failing one means."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import TextClause, event, exc, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ...errors import UnavailableError
from .signals import STOP_CHANNEL

_log = logging.getLogger(__name__)

_POOL_TIMEOUT = 5
"""Seconds to wait for a connection while all are in use; a proxy call has ten."""
_POSTGRESQL = {"timeout": 5, "command_timeout": 10}
"""Seconds to wait for a connection, and for a statement."""
_SQLITE = {"cached_statements": 64}
"""Prepared statements that a connection keeps; lists of different lengths make ever new ones."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "cache_size=-512",
)
"""What a SQLite connection begins with; the pages beyond half a megabyte are in the system's cache anyway."""
_AWAY_STATES = ("08", "40", "53", "55", "57")
"""Classes of SQLSTATE after which trying again may help: connection, conflict, resources, operator."""
_AWAY = "The server can't reach its database at the moment. Try again soon."


class Database:
    """Transactions on SQLite or PostgreSQL, told apart nowhere else."""

    def __init__(self, url: str, *, connections: int = 10) -> None:
        """Prepare at most ``connections`` connections to PostgreSQL; they are opened when they are needed."""
        pool: dict[str, Any] = {"connect_args": _SQLITE}
        if not url.startswith("sqlite"):
            # All are kept: opening one costs more than most of what is done with it.
            pool = {"pool_size": connections, "max_overflow": 0, "pool_pre_ping": True}
            pool["connect_args"] = _POSTGRESQL
        self._engine = create_async_engine(
            url,
            pool_timeout=_POOL_TIMEOUT,
            # A failing statement is logged, and what users write must not be.
            hide_parameters=True,
            **pool,
        )
        self._sqlite = self._engine.dialect.name == "sqlite"
        # SQLite has one writer; waiting here is fair and does not poll, unlike its busy handler.
        self._writer = asyncio.Lock()
        if self._sqlite:
            _prepare_sqlite(self._engine)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def ping(self) -> None:
        """Ask for nothing.

        Raises:
            UnavailableError: The database does not answer.
        """
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads, and sees the database as it is at one moment.

        Raises:
            UnavailableError: The database is away.
        """
        with _translated():
            async with self._engine.connect() as connection:
                if not self._sqlite:
                    # Else a run's place and its text, which two statements read, may be of two moments.
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; it is committed at the end unless something was raised.

        Raises:
            UnavailableError: The database is away; whether a commit under way was done is not known.
        """
        async with AsyncExitStack() as stack:
            if self._sqlite:
                await stack.enter_async_context(self._writer)
            stack.enter_context(_translated())
            connection = await stack.enter_async_context(self._engine.connect())
            # A read that turns into a write would fail instead of waiting.
            await connection.execution_options(immediate=True)
            await stack.enter_async_context(connection.begin())
            yield connection

    async def tell_stopped(self, connection: AsyncConnection, runs: Sequence[str]) -> None:
        """Tell other replicas, once this transaction is committed, that ``runs`` were stopped."""
        if self._sqlite:
            return
        for run in runs:
            await connection.execute(select(func.pg_notify(STOP_CHANNEL, run)))

    def has_words(self, words: Sequence[str]) -> TextClause:
        """Return what rows of ``texts`` are like that have all ``words``, of the last one its beginning.

        Words are letters and digits only, so that nothing in them is of the databases' own languages.
        """
        *whole, last = words
        if self._sqlite:
            wanted = " AND ".join([*(f'"{word}"' for word in whole), f'"{last}"*'])
            hits = "texts.number IN (SELECT rowid FROM search WHERE search MATCH :wanted)"
        else:
            wanted = " & ".join([*(f"'{word}'" for word in whole), f"'{last}':*"])
            hits = "texts.lexemes @@ CAST(CAST(:wanted AS text) AS tsquery)"
        return text(hits).bindparams(wanted=wanted)

    def insert(self, table: Any) -> Any:
        """Return an insert that knows ``on_conflict_do_nothing``, which both dialects spell alike."""
        return sqlite.insert(table) if self._sqlite else postgresql.insert(table)


class _translated:  # noqa: N801  # A context manager used like a function.
    """Tell a database that is away from a statement that is wrong."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if _is_away(error):
            _log.warning("The database is away: %s", error)
            raise UnavailableError(_AWAY) from error


def _is_away(error: BaseException | None) -> bool:
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError | OSError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(_AWAY_STATES)


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself, only for what it takes to be a write.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
