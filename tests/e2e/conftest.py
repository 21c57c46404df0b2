"""The scaled-out product, for those tests that want it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.stack import Server, available_servers
from tests.stack.cluster import Cluster, open_cluster

NODES = [server for server in available_servers() if server.kind != "container"]


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=NODES, ids=lambda server: server.kind)
async def running_cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """Two nodes and two services, started once; tests want ``cluster``."""
    node: Server = request.param
    # Answers of some seconds fit into the grace, also where the machine is busy.
    async with open_cluster(node, CHAT_SHUTDOWN_GRACE="8") as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="session")
async def cluster(running_cluster: Cluster) -> AsyncIterator[Cluster]:
    """The running cluster; after each test it must be well, have crashed nowhere and kept its secrets.

    Whoever uses it marks its tests with ``asyncio(loop_scope="session")`` and brings users of its own.
    """
    await running_cluster.ensure_well()
    running_cluster.openai.scripts.clear()
    read = [service.process.log.stat().st_size for service in running_cluster.services]
    yield running_cluster
    await running_cluster.ensure_well()
    for service, begin in zip(running_cluster.services, read, strict=True):
        with service.process.log.open(errors="replace") as log:
            log.seek(begin)
            said = log.read()
        assert "Traceback" not in said, said
        assert not any(secret in said for secret in running_cluster.secrets)
