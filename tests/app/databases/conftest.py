"""Both kinds of database: every test that wants ``database_url`` gets an empty one of each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stack.postgresql import PostgreSQL, open_postgresql


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[PostgreSQL | None]:
    """A private server, started once, or nothing for SQLite.

    Where there is no PostgreSQL its tests are skipped and say so, but not in CI.
    """
    if request.param == "sqlite":
        yield None
        return
    async with open_postgresql() as server:
        yield server


@pytest_asyncio.fixture
async def database_url(engine: PostgreSQL | None, tmp_path: Path) -> str:
    """An empty database, as the service is told of it."""
    return f"sqlite+aiosqlite:///{tmp_path / 'chat.db'}" if engine is None else await engine.new_database()
