"""Quotas where the clocks of replicas differ: no window begins twice."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.core.quotas import DAY, MINUTE, Limits
from proxy_app.errors import RateLimitedError
from tests.app.stores import Stores


@pytest_asyncio.fixture
async def stores(database_url: str) -> AsyncIterator[Stores]:
    """Both stores, as a new user finds them."""
    await migrate_async(database_url)
    database = Database(database_url)
    try:
        yield Stores(database, "ada")
    finally:
        await database.close()


@pytest.mark.parametrize("length", [MINUTE, DAY])
async def test_a_clock_that_is_behind_begins_no_window_anew(stores: Stores, length: int) -> None:
    limits = Limits(prompts_per_minute=2) if length == MINUTE else Limits(prompts_per_day=2)
    ahead, behind = 10 * DAY + 300, 10 * DAY - 300
    for stores.now in (ahead, behind):
        await stores.talk(limits=limits)
    for stores.now in (behind, ahead):
        with pytest.raises(RateLimitedError):
            await stores.send(limits=limits)


async def test_a_clock_that_was_far_ahead_holds_nobody_up(stores: Stores) -> None:
    limits = Limits(prompts_per_minute=1, prompts_per_day=1)
    for stores.now in (20 * DAY, 10 * DAY):
        await stores.talk(limits=limits)
    with pytest.raises(RateLimitedError):
        await stores.send(limits=limits)
