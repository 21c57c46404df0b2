"""A hundred runs that live through a fault, on the small product; and on a cluster, what only it can survive.

``make faults`` runs as many as are wanted. The seed is fixed here, so that a failure is news of a change and
not of another plan; every failure names the command that repeats it.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.stack.needs import leave_out, need_programs

from .pages import Pages
from .plan import faults_of, plan
from .rounds import play
from .scene import Fault
from .world import World, open_large, open_small

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(150), pytest.mark.slow]

SEED = "1"
PEOPLE = 5
SMALL = faults_of("small")
LARGE = [fault for fault in faults_of("large") if "small" not in fault.sizes]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pages() -> AsyncIterator[Pages]:
    """Pages without a screen."""
    async with Pages.open() as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def small() -> AsyncIterator[World]:
    """One Centrifugo and one service on SQLite."""
    async with open_small() as world:
        yield world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def large() -> AsyncIterator[World]:
    """Two of each on PostgreSQL and Redis."""
    need_programs("postgres", "redis-server", "nginx")
    async with open_large() as world:
        yield world


@pytest.mark.parametrize("fault", SMALL, ids=lambda fault: fault.name)
async def test_nothing_is_lost(small: World, pages: Pages, fault: Fault) -> None:
    if fault.lacks:
        leave_out(fault.lacks, fault.lacks)
    result = await play(small, pages, plan(f"{SEED}/small/{fault.name}", fault, PEOPLE))

    assert not result.problems, result


@pytest.mark.parametrize("fault", LARGE, ids=lambda fault: fault.name)
async def test_nothing_is_lost_in_a_cluster(large: World, pages: Pages, fault: Fault) -> None:
    result = await play(large, pages, plan(f"{SEED}/large/{fault.name}", fault, PEOPLE))

    assert not result.problems, result
