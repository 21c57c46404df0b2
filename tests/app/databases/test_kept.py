"""How much a user keeps, on both kinds of database, whatever happens at the same time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest
import pytest_asyncio
from sqlalchemy import Table, func, select, text

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.schema import conversations, messages, runs, usage
from proxy_app.core.quotas import Limits
from proxy_app.ports import Sent
from tests.app.stores import Stores, run_of
from tests.stack.processes import until

SAID = "x" * 1000

Step = Callable[[Stores, Sent], Coroutine[None, None, object]]
STEPS: dict[str, Step] = {
    "delete": lambda stores, sent: stores.conversations.delete(stores.user, sent.conversation.id),
    "restore": lambda stores, sent: stores.conversations.restore(stores.user, sent.conversation.id, Limits()),
    "end": lambda stores, sent: stores.finish(sent, SAID),
    "send": lambda stores, sent: stores.send(text=SAID),
}


@pytest_asyncio.fixture
async def stores(database_url: str) -> AsyncIterator[Stores]:
    """Both stores of a user who keeps something already."""
    await migrate_async(database_url)
    database = Database(database_url)
    try:
        stores = Stores(database, "ada")
        await stores.talk("y" * 100)
        yield stores
    finally:
        await database.close()


async def counted(stores: Stores) -> int:
    """Return how many characters count as kept."""
    query = select(usage.c.size).where(usage.c.user_id == stores.user, usage.c.span == "total")
    async with stores.database.read() as connection:
        return int((await connection.execute(query)).scalar_one())


async def kept(stores: Stores) -> int:
    """Return how many characters are kept: what has been said in conversations that are not deleted."""
    query = (
        select(func.coalesce(func.sum(func.length(messages.c.parts)), 0))
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .outerjoin(runs, runs.c.message_id == messages.c.id)
        .where(conversations.c.user_id == stores.user, conversations.c.deleted_at.is_(None))
        .where(func.coalesce(runs.c.status, "") != "running")
    )
    async with stores.database.read() as connection:
        return int((await connection.execute(query)).scalar_one())


async def until_still(stores: Stores, tasks: list[asyncio.Task[object]]) -> None:
    """Wait until each of ``tasks`` is done or waits for a row, in PostgreSQL."""
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()
    """

    async def still() -> bool:
        async with stores.database.read() as connection:
            waiting = int((await connection.execute(text(query))).scalar_one())
        return waiting == sum(not task.done() for task in tasks)

    await until(still, 10, "waits for rows")


@pytest.mark.parametrize("table", [runs, messages], ids=lambda table: table.name)
@pytest.mark.parametrize(
    ("steps", "deleted"),
    [
        (["delete", "end"], False),
        (["end", "delete"], False),
        (["restore", "end"], True),
        (["end", "restore"], True),
        (["send", "delete", "end"], False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
async def test_what_happens_at_once_is_counted_once(
    stores: Stores, database_url: str, steps: list[str], deleted: bool, table: Table
) -> None:
    sent = await stores.send(text="Hi")
    if deleted:
        await STEPS["delete"](stores, sent)
    row = table.c.id == (run_of(sent) if table is runs else sent.reply.id)
    tasks: list[asyncio.Task[object]] = []
    async with stores.database.write() as connection:
        # In the way of an end that has begun, so that the others come while it is half done.
        await connection.execute(select(table).where(row).with_for_update())
        for step in steps:
            tasks.append(asyncio.create_task(STEPS[step](stores, sent)))
            if database_url.startswith("postgresql"):  # SQLite's wait for the writer, in this order.
                await until_still(stores, tasks)
    await asyncio.gather(*tasks)

    assert await counted(stores) == await kept(stores)


async def test_what_is_still_being_said_does_not_count_yet(stores: Stores) -> None:
    before = await counted(stores)
    sent = await stores.send(text="Hi")
    for step in ("delete", "restore", "delete"):
        await STEPS[step](stores, sent)
        assert await counted(stores) == await kept(stores)
    assert await counted(stores) == before
    await STEPS["end"](stores, sent)
    assert await counted(stores) == before
    await STEPS["restore"](stores, sent)
    assert await counted(stores) == await kept(stores) > before + len(SAID)
