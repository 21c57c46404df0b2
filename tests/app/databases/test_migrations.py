"""Migrations, on either kind of database: from nothing, and from the first schema with data in it."""

import asyncio
import json
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, insert, make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine

import proxy_app.adapters.store.migrate as migrating
from proxy_app.adapters.store.conversations import SqlConversationStore
from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.leases import Owner, SqlLeases
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.schema import conversations, messages, run_texts, runs, texts
from proxy_app.errors import SettingsError
from proxy_app.ports import Match
from tests.app import schemas
from tests.stack.processes import unused_ports

MIGRATIONS = Path(migrating.__file__).with_name("migrations")


async def migrate_to(url: str, revision: str) -> None:
    """Bring a database to one revision, as an older release did."""

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()


async def differences(url: str) -> list[object]:
    """Return how a database differs from the schema that the code expects."""

    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(schemas.differences)
    await engine.dispose()
    return found


async def store_as_before(url: str) -> None:
    """Store a conversation whose answer is being written, with the columns of the first schema alone."""
    conversation = {"id": "c", "user_id": "user", "title": "Old", "version": 3}
    prompt = {
        "id": "p",
        "conversation_id": "c",
        "role": "user",
        "parts": '[{"id":"1","type":"text","text":"Hi"}]',
    }
    answer = {"id": "a", "conversation_id": "c", "parent_id": "p", "role": "assistant", "parts": "[]"}
    run = {"id": "r", "message_id": "a", "conversation_id": "c", "user_id": "user", "status": "running"}
    piece = {
        "run_id": "r",
        "attempt": 1,
        "number": 0,
        "part_id": "1",
        "part_type": "text",
        "text": '"Hel\\u0000"',
    }
    times = {"created_at": 1}
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(
            insert(conversations).values({**conversation, **times, "updated_at": 1, "head": "a"})
        )
        for message in (prompt, answer):
            await connection.execute(insert(messages).values({**message, **times, "version": 1}))
        await connection.execute(insert(runs).values({**run, "attempt": 1, "seq": 4, "started_at": 1}))
        await connection.execute(insert(run_texts).values(piece))
    await engine.dispose()


async def test_from_nothing(database_url: str) -> None:
    await migrate_async(database_url)
    assert await differences(database_url) == []
    await migrate_async(database_url)  # The second time there is nothing to do.


async def test_from_the_first_schema_with_data_in_it(database_url: str) -> None:
    await migrate_to(database_url, "0001")
    await store_as_before(database_url)

    await migrate_async(database_url)

    assert await differences(database_url) == []
    database = Database(database_url)
    owner = Owner("place", "process", 60)
    store, leases = SqlConversationStore(database, owner, lambda: 2), SqlLeases(database, owner)
    # What was being written has no owner any more, and is taken over at once, with its text.
    (taken,) = await leases.take_expired(except_for=(), limit=10)
    assert (taken.state.run.attempt, taken.takeover.policy, taken.pieces) == (2, "interrupt", 1)
    assert [part.text for part in taken.state.parts] == ["Hel\0"]
    found, shown, _ = await store.branch("user", "c", limit=10)
    assert (found.title, found.version) == ("Old", 3)
    assert [part.text for message in shown for part in message.parts] == ["Hi", "Hel\0"]
    # What was said and what it was called is found; what is being written is not, until it has ended.
    for query, matches in [("OLD", {}), ("hi", {"c": Match("p", "Hi")}), ("h", {"c": Match("p", "Hi")})]:
        listed = await store.conversations("user", limit=10, query=query)
        assert ([each.id for each in listed.conversations], listed.matches) == (["c"], matches)
    for user, query in [("user", "hel"), ("another", "hi"), ("another", "old")]:
        assert (await store.conversations(user, limit=10, query=query)).conversations == []
    await database.close()


async def test_a_thousand_conversations_are_found_after_the_migration(database_url: str) -> None:
    await migrate_to(database_url, "0005")
    engine = create_async_engine(database_url)
    times = {"version": 1, "created_at": 1}
    async with engine.begin() as connection:
        for number in range(1_100):
            row = {"id": f"c{number}", "user_id": "user", "title": f"Title {number}", **times}
            await connection.execute(insert(conversations).values({**row, "updated_at": number}))
            said = json.dumps([{"id": "1", "type": "text", "text": f"Wort\0 {number}"}])
            message = {"id": f"m{number}", "conversation_id": f"c{number}", "role": "user", "parts": said}
            # Without the columns that came later.
            await connection.execute(insert(messages).values({**message, **times}))
    await engine.dispose()

    await migrate_async(database_url)

    database = Database(database_url)
    store = SqlConversationStore(database, Owner("place", "process", 60), lambda: 2)
    for query in ("title 1099", "wort 1099"):
        listed = await store.conversations("user", limit=10, query=query)
        assert [each.id for each in listed.conversations] == ["c1099"]
    assert len((await store.conversations("user", limit=2000, query="wort")).conversations) == 1_100
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(texts))).scalar_one() == 2_200
    await database.close()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_replicas_that_start_together_migrate_once(database_url: str) -> None:
    await asyncio.gather(*(migrate_async(database_url) for _ in range(4)))
    assert await differences(database_url) == []


async def test_a_migration_that_fails_leaves_nothing_behind(database_url: str) -> None:
    await migrate_to(database_url, "0001")
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE INDEX ix_runs_lease ON runs (id)"))

    with pytest.raises(SettingsError):
        await migrate_async(database_url)

    async with engine.connect() as connection:
        revision = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
    await engine.dispose()
    assert revision == "0001"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("wrong", ["password", "name", "port"])
async def test_a_database_that_can_not_be_opened_is_a_wrong_setting(database_url: str, wrong: str) -> None:
    url = make_url(database_url)
    (unused,) = unused_ports(1)
    other = {
        "password": url.set(password="wrong"),
        "name": url.set(database="nothing"),
        "port": url.set(port=unused),
    }[wrong]
    with pytest.raises(SettingsError, match="CHAT_DATABASE_URL"):
        await migrate_async(other.render_as_string(hide_password=False))
