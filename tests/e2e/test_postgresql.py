"""What other modules say of one of each holds of two of everything, on PostgreSQL and Redis, too."""

import asyncio
import threading
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.stack import Stack
from tests.stack.cluster import Cluster

from .test_bad_input import *  # noqa: F403
from .test_conversations import *  # noqa: F403
from .test_run_end import *  # noqa: F403
from .test_sending import *  # noqa: F403
from .test_stop import *  # noqa: F403

# nginx may reset the connection before the client has read the node's reason.
del test_an_oversized_frame_ends_the_connection  # noqa: F821

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def running_stack(running_cluster: Cluster) -> Stack:
    """The cluster, in the place of one of each: either node takes a client, and either replica answers."""
    cluster = running_cluster
    await cluster.ensure_well()
    centrifugo = replace(cluster.centrifugos[0], client_url=cluster.url)
    service = cluster.services[0]
    service.rows = lambda: rows(cluster)  # type: ignore[method-assign]
    return Stack(centrifugo, service, cluster.openai, cluster.page_url)


def rows(cluster: Cluster) -> dict[str, int]:
    """Return how many rows each table holds; tests do not await it, so a thread does."""
    found: dict[str, int] = {}

    async def count() -> None:
        tables = await cluster.query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        for (table,) in tables:
            ((found[table],),) = await cluster.query(f'SELECT count(*) FROM "{table}"')

    thread = threading.Thread(target=asyncio.run, args=[count()])
    thread.start()
    thread.join()
    return found
