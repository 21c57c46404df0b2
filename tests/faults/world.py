"""What is broken: the whole product, small or scaled out, with gates where something can be injected."""

import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from proxy_app.launcher.centrifugo import centrifugo_environment
from proxy_app.launcher.places import LOOPBACK, Places
from tests.fakes.openai_server import FakeOpenAI
from tests.stack.centrifugo import Centrifugo
from tests.stack.cluster import Cluster, open_cluster
from tests.stack.processes import Child, Process, unused_ports
from tests.stack.servers import Server, available_servers
from tests.stack.service import Service
from tests.stack.stack import MODEL, UPSTREAM_KEY

from .databases import LookedAt, PostgresServer, SqliteFile
from .gate import Gate

GRACE = 2.0
"""Seconds that answers have to finish after SIGTERM."""
SETTINGS = {
    "CHAT_SHUTDOWN_GRACE": str(GRACE),
    "CHAT_MODEL_STALL_TIMEOUT": "3",
    "CHAT_MODEL_RETRIES": "1",
}
"""Impatient, so that rounds are short; leases, timeouts and limits are those that we ship."""


@dataclass(frozen=True, slots=True)
class World:
    """The running product."""

    name: str
    url: str
    """Where clients connect."""
    services: tuple[Service, ...]
    centrifugos: tuple[Centrifugo, ...]
    openai: FakeOpenAI
    outgoing: tuple[Gate, ...]
    """Between each service and Centrifugo's server API."""
    incoming: Gate | None
    """Between Centrifugo and the service, where there is one of each."""
    database: LookedAt
    directory: Path
    """For what a round needs to write."""
    probe: Path | None = None
    """Where the service tells of its inside, if it was asked to."""
    cluster: Cluster | None = None
    """The same as a cluster, if it is one."""

    @property
    def children(self) -> list[Process]:
        """The processes whose logs count."""
        return [*(each.process for each in self.services), *(each.process for each in self.centrifugos)]

    async def ensure_well(self) -> None:
        """Start again what a round has left dead, frozen or ill."""
        for gate in (*self.outgoing, *([self.incoming] if self.incoming else [])):
            gate.reset()
        if self.cluster is not None:
            await self.cluster.ensure_well()
            return
        for process in self.children:
            if not await process.is_well():
                if await process.alive():
                    await process.resume()
                    await process.kill()
                await process.start()


@asynccontextmanager
async def open_small(*, probed: bool = False) -> AsyncIterator[World]:
    """Start one Centrifugo and one service on a SQLite file, with gates on both ways between them."""
    async with AsyncExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="chat-faults-")))
        incoming, outgoing = [await opened.enter_async_context(Gate()) for _ in range(2)]
        openai = await opened.enter_async_context(FakeOpenAI(api_key=UPSTREAM_KEY, models=(MODEL,)))
        page_port, centrifugo_port, internal_port, service_port = unused_ports(4)
        places = Places(
            page_port=page_port,
            centrifugo_port=centrifugo_port,
            centrifugo_internal_port=internal_port,
            service_port=incoming.port,
            state=directory,
            centrifugo="auto",
        )
        api_key, proxy_secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        internal_url = f"http://{LOOPBACK}:{internal_port}"
        environment = centrifugo_environment(places, api_key=api_key, proxy_secret=proxy_secret, overrides={})
        log = directory / "centrifugo.log"
        centrifugo = Centrifugo(
            kind=_server().kind,
            process=await _server().process(places, environment, f"{internal_url}/health", log),
            client_url=f"ws://{LOOPBACK}:{centrifugo_port}/connection/websocket",
            api_url=f"{internal_url}/api",
            api_key=api_key,
            proxy_secret=proxy_secret,
        )
        settings = {
            "CHAT_HOST": LOOPBACK,
            "CHAT_PORT": str(service_port),
            "CHAT_CENTRIFUGO_API_URL": f"{outgoing.url}/api",
            "CHAT_CENTRIFUGO_API_KEY": api_key,
            "CHAT_PROXY_SECRET": proxy_secret,
            "OPENAI_API_KEY": UPSTREAM_KEY,
            "OPENAI_BASE_URL": openai.url,
            "OPENAI_MODEL": MODEL,
            **SETTINGS,
        }
        probe = directory / "inside.json" if probed else None
        module = ("tests.faults.probe", str(probe)) if probed else ("proxy_app",)
        service = Service(f"http://{LOOPBACK}:{service_port}", settings, directory, module=module)
        incoming.targets, outgoing.targets = [service.url], [internal_url]
        for process in (service.process, centrifugo.process):
            opened.push_async_callback(_end, process)
            await process.start()
        yield World(
            name="SQLite, one Centrifugo",
            url=centrifugo.client_url,
            services=(service,),
            centrifugos=(centrifugo,),
            openai=openai,
            outgoing=(outgoing,),
            incoming=incoming,
            database=SqliteFile(service.database),
            directory=directory,
            probe=probe,
        )


@asynccontextmanager
async def open_large() -> AsyncIterator[World]:
    """Start a cluster: two services on PostgreSQL, two Centrifugo nodes on Redis, nginx before them."""
    async with AsyncExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="chat-faults-")))
        gates = [await opened.enter_async_context(Gate()) for _ in range(2)]
        # Two containers would share the host's ports.
        server = next(each for each in reversed(available_servers()) if each.kind != "container")
        first, second = ({"CHAT_CENTRIFUGO_API_URL": f"{gate.url}/api"} for gate in gates)
        cluster = await opened.enter_async_context(
            open_cluster(server, each=(first | SETTINGS, second | SETTINGS))
        )
        nodes = [node.api_url.removesuffix("/api") for node in cluster.centrifugos]
        gates[0].targets, gates[1].targets = nodes, nodes[::-1]
        yield World(
            name="PostgreSQL, Redis, two of each",
            url=cluster.url,
            services=cluster.services,
            centrifugos=cluster.centrifugos,
            openai=cluster.openai,
            outgoing=(gates[0], gates[1]),
            incoming=None,
            database=PostgresServer(cluster),
            directory=directory,
            cluster=cluster,
        )


def _server() -> Server:
    """Return the most real Centrifugo that there is here."""
    return available_servers()[-1]


async def _end(process: Process) -> None:
    if await process.alive():
        await process.resume()
        await process.stop()


def child(process: Process) -> Child:
    """Return a process that must be a child of ours: one that signals can be sent to."""
    assert isinstance(process, Child), f"{process.name} is no child process"
    return process
