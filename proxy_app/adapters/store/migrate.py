"""Bringing a database's schema up to date."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import func, make_url, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from ...errors import SettingsError

_MIGRATING = 0x6F6E65736F636B
"""Number of the lock that whoever migrates holds."""


def migrate(database_url: str) -> None:
    """Apply every migration that the database lacks; it must not be called inside an event loop.

    Raises:
        SettingsError: The database can't be opened.
    """
    asyncio.run(migrate_async(database_url))


async def migrate_async(database_url: str) -> None:
    """Apply every migration that the database lacks.

    Raises:
        SettingsError: The database can't be opened, or is not one that this version knows.
    """
    engine = create_async_engine(database_url)
    try:
        _open_file(database_url)
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Replicas that start together migrate one after the other; the later ones find it done.
                await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
            await connection.run_sync(_upgrade)
    except CommandError as exc:
        raise SettingsError("The database of CHAT_DATABASE_URL was made by a later version.") from exc
    except (OSError, sqlite3.Error, DBAPIError) as exc:
        reason = getattr(exc, "orig", None) or exc
        raise SettingsError(
            f"The database of CHAT_DATABASE_URL can't be opened or migrated: {reason}."
        ) from exc
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _open_file(database_url: str) -> None:
    """Make a SQLite file and its folder, or see that it is one.

    The asynchronous driver may go on in its thread after a connection failed, and then break off loudly.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(url.database)) as connection:
            connection.execute("PRAGMA schema_version")
