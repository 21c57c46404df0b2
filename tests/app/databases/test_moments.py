"""What is read in one go is of one moment, whatever is stored meanwhile."""

import pytest
from sqlalchemy import text

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.migrate import migrate_async
from tests.app.stores import Stores


@pytest.mark.timeout(30)
async def test_two_statements_of_a_reader_see_the_same(database_url: str) -> None:
    await migrate_async(database_url)
    database = Database(database_url)
    try:
        stores = Stores(database, "ada")
        await stores.talk("One")
        count = text("SELECT count(*) FROM messages")
        async with database.read() as reader:
            first = (await reader.execute(count)).scalar_one()
            await stores.talk("Two")
            assert (await reader.execute(count)).scalar_one() == first
        async with database.read() as reader:
            assert (await reader.execute(count)).scalar_one() > first
    finally:
        await database.close()
