"""The database's schema: made by migrations alone, and what is no database of ours."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.migrate import migrate, migrate_async
from proxy_app.errors import SettingsError, UnavailableError

from .schemas import differences


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def schema_of(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()


async def test_migrations_make_the_schema_that_the_code_knows(tmp_path: Path) -> None:
    url = url_of(tmp_path / "chat.sqlite3")
    await migrate_async(url)

    engine = create_async_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "chat.sqlite3"
    await migrate_async(url_of(path))
    made = schema_of(path)
    assert {"conversations", "messages", "requests", "run_texts", "runs"} <= {name for _, name, _ in made}
    await migrate_async(url_of(path))

    assert schema_of(path) == made


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "chat.sqlite3"
    migrate(url_of(path))

    assert path.exists()


def a_folder(path: Path) -> None:
    path.mkdir()


def no_database(path: Path) -> None:
    path.write_bytes(b"This is no database. " * 100)


def a_later_version(path: Path) -> None:
    migrate(url_of(path))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def somebody_elses(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE messages (id INTEGER)")


def a_file_for_a_folder(path: Path) -> None:
    path.parent.joinpath("file").write_text("")


WRONG = {
    "a folder": (a_folder, "chat.sqlite3"),
    "no database": (no_database, "chat.sqlite3"),
    "a later version": (a_later_version, "chat.sqlite3"),
    "somebody else's": (somebody_elses, "chat.sqlite3"),
    "a file for a folder": (a_file_for_a_folder, "file/chat.sqlite3"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path, wrong: str) -> None:
    prepare, name = WRONG[wrong]
    prepare(tmp_path / "chat.sqlite3")
    with pytest.raises(SettingsError) as caught:
        migrate(url_of(tmp_path / name))

    sentence = str(caught.value)
    assert "CHAT_DATABASE_URL" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


async def test_a_database_that_is_not_there_is_away(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    database = Database(url_of(tmp_path / "missing" / "chat.sqlite3"))
    with pytest.raises(UnavailableError):
        await database.ping()
    with pytest.raises(UnavailableError):
        async with database.write():
            pass
    await database.close()
    # The driver's threads outlive failed connections, and break off if the loop goes before them.
    async with asyncio.timeout(5):
        while set(threading.enumerate()) - before:  # noqa: ASYNC110  # They tell nobody.
            await asyncio.sleep(0.01)


async def test_a_database_that_another_process_holds_is_away(tmp_path: Path) -> None:
    path = tmp_path / "chat.sqlite3"
    await migrate_async(url_of(path))
    database = Database(url_of(path))
    async with database.read() as connection:
        await connection.execute(text("PRAGMA busy_timeout = 10"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError):
            async with database.write():
                pass
        await asyncio.wait_for(database.ping(), 5)
        other.execute("ROLLBACK")
    async with database.write():
        pass
    await database.close()


async def test_what_is_committed_survives_a_power_cut(tmp_path: Path) -> None:
    """The settings that make it so; a cut itself can't be tried here."""
    database = Database(url_of(tmp_path / "chat.sqlite3"))
    async with database.read() as connection:
        found = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    await database.close()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
