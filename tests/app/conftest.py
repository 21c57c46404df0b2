"""The real application between a scripted model and a recording Centrifugo."""

from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.migrate import migrate_async

from .service import Service, open_alone
from .stores import Stores

DATABASES: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite+aiosqlite:///{folder / 'chat.sqlite3'}",
}
"""URLs by kind."""

_users = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The application, started once for a file of tests; they want ``service``."""
    async with open_alone(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def service(opened: Service) -> AsyncIterator[Service]:
    """The application as a new user finds it.

    Whoever uses it marks its tests with ``asyncio(loop_scope="module")``.
    """
    opened.forget()
    yield opened
    await opened.settle()
    assert (await opened.http.get(f"{opened.url}/health")).status == 200


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=DATABASES)
async def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """One kind of database after the other."""
    url = DATABASES[request.param](tmp_path_factory.mktemp("database"))
    await migrate_async(url)
    opened = Database(url)
    yield opened
    await opened.close()


@pytest.fixture
def stores(database: Database) -> Stores:
    """Both stores, as a new user finds them."""
    return Stores(database, f"user-{next(_users)}")
