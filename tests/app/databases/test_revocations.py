"""Revocations on both kinds of database."""

import time

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.revocations import SqlRevocations


async def test_a_revocation_is_remembered_and_the_last_one_counts(database_url: str) -> None:
    await migrate_async(database_url)
    database = Database(database_url)
    try:
        revocations = SqlRevocations(database)
        assert await revocations.revoked_at("ada") is None
        began = time.time()
        await revocations.revoke("ada")
        first = await revocations.revoked_at("ada")
        assert first is not None
        assert began - 1 < first < time.time() + 1
        while (last := await revocations.revoked_at("ada")) == first:
            await revocations.revoke("ada")
        assert last is not None
        assert last > first
        assert await revocations.revoked_at("Ada") is None
    finally:
        await database.close()
