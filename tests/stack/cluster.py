"""Everything twice: two Centrifugo nodes on one Redis, two services on one PostgreSQL, nginx before both.

In a test::

    async with open_cluster(server) as cluster:
        async with cluster.client(node=0) as client, cluster.client(client.token, node=1) as second:
            await cluster.services[0].process.kill()

Whatever is killed, stopped or paused can be started again on its port: ``cluster.services[i].process``,
``cluster.centrifugos[i].process``, ``cluster.postgresql``, ``cluster.redis``, ``cluster.nginx``.
"""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy_app.launcher.centrifugo import centrifugo_environment
from proxy_app.launcher.places import LOOPBACK, Places
from proxy_app.launcher.scale_nginx import Balanced
from tests.client import ChatClient
from tests.fakes.openai_server import FakeOpenAI

from .centrifugo import Centrifugo
from .nginx import open_nginx
from .postgresql import PostgreSQL, open_postgresql
from .processes import Child, Process, unused_ports
from .redis import Redis, open_redis
from .servers import Server
from .service import Service
from .stack import MODEL, UPSTREAM_KEY

REPLICAS = ("a", "b")
"""What the services are called (``CHAT_REPLICA``)."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running product, scaled out."""

    postgresql: PostgreSQL
    redis: Redis
    nginx: Child
    centrifugos: tuple[Centrifugo, Centrifugo]
    services: tuple[Service, Service]
    openai: FakeOpenAI
    database: str
    """Name of the services' database."""
    url: str
    """Where clients connect: nginx, which gives them to either node."""
    page_url: str

    @property
    def processes(self) -> tuple[Process, ...]:
        """Every process, in the order in which they are started."""
        nodes = (each.process for each in (*self.centrifugos, *self.services))
        return self.postgresql, self.redis, self.nginx, *nodes

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be logged or told to a client."""
        return UPSTREAM_KEY, self.centrifugos[0].api_key, self.centrifugos[0].proxy_secret

    def client(
        self, token: str | None = None, *, node: int | None = None, subscribe: bool = True
    ) -> AbstractAsyncContextManager[ChatClient]:
        """Open a client, through nginx or on one node: a new guest, or the one that the token says."""
        url = self.url if node is None else self.centrifugos[node].client_url
        return ChatClient.open(url, token, subscribe=subscribe)

    async def query(self, query: str, *arguments: object) -> list[Any]:
        """Return rows of the services' database."""
        return await self.postgresql.fetch(query, *arguments, database=self.database)

    async def ensure_well(self) -> None:
        """Start again what a test has left dead, frozen or ill."""
        for process in self.processes:
            if not await process.is_well():
                if await process.alive():
                    await process.resume()
                    await process.kill()
                await process.start()

    def tails(self) -> str:
        """Return the ends of all logs."""
        return "\n".join(process.tail(30) for process in self.processes)


@asynccontextmanager
async def open_cluster(
    server: Server,
    *,
    page: Path | None = None,
    openai: FakeOpenAI | None = None,
    each: tuple[dict[str, str], dict[str, str]] = ({}, {}),
    **settings: str,
) -> AsyncIterator[Cluster]:
    """Start everything, and stop it afterwards.

    Args:
        server: Which Centrifugo; not the container, whose nodes would share the host's ports.
        page: Folder of the built page, if it is to be served.
        openai: The upstream, if it is somebody else's to end.
        each: Further variables of the one and the other service.
        settings: Further variables of both services, such as ``CHAT_LEASE="3"``.
    """
    async with AsyncExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="chat-test-")))
        postgresql = await opened.enter_async_context(open_postgresql())
        redis = await opened.enter_async_context(open_redis())
        database = await postgresql.new_database()
        if openai is None:
            openai = await opened.enter_async_context(FakeOpenAI(api_key=UPSTREAM_KEY, models=(MODEL,)))
        numbers = unused_ports(9)
        ports = Balanced(
            page=numbers[0],
            proxy=numbers[1],
            api=numbers[2],
            services=tuple(numbers[3:5]),
            centrifugos=tuple(numbers[5:7]),
            centrifugo_apis=tuple(numbers[7:9]),
        )
        nginx = await opened.enter_async_context(open_nginx(ports, page))
        api_key, proxy_secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        nodes = [
            await _node(server, ports, number, directory, redis.url, api_key, proxy_secret)
            for number in range(2)
        ]
        common = {
            "CHAT_HOST": LOOPBACK,
            "CHAT_DATABASE_URL": database,
            "CHAT_CENTRIFUGO_API_URL": f"http://{LOOPBACK}:{ports.api}/api",
            "CHAT_CENTRIFUGO_API_KEY": api_key,
            "CHAT_PROXY_SECRET": proxy_secret,
            "CHAT_SHUTDOWN_GRACE": "3",  # Whatever still streams when a test ends is of no interest.
            "OPENAI_API_KEY": UPSTREAM_KEY,
            "OPENAI_BASE_URL": openai.url,
            "OPENAI_MODEL": MODEL,
            **settings,
        }
        services = [
            _service(port, replica, common | extra, directory)
            for port, replica, extra in zip(ports.services, REPLICAS, each, strict=True)
        ]
        everybody = [*(node.process for node in nodes), *(service.process for service in services)]
        for process in everybody:
            opened.push_async_callback(_stop, process)
        # All at once, as when a machine comes up.
        await asyncio.gather(*(process.start() for process in everybody))
        page_url = f"http://{LOOPBACK}:{ports.page}"
        yield Cluster(
            postgresql=postgresql,
            redis=redis,
            nginx=nginx,
            centrifugos=(nodes[0], nodes[1]),
            services=(services[0], services[1]),
            openai=openai,
            database=database.rpartition("/")[2],
            url=f"{page_url.replace('http', 'ws')}/connection/websocket",
            page_url=page_url,
        )


async def _node(
    server: Server, ports: Balanced, number: int, directory: Path, redis: str, key: str, secret: str
) -> Centrifugo:
    places = Places(
        page_port=ports.page,
        centrifugo_port=ports.centrifugos[number],
        centrifugo_internal_port=ports.centrifugo_apis[number],
        service_port=ports.proxy,
        state=directory,
        centrifugo="auto",
    )
    environment = centrifugo_environment(places, api_key=key, proxy_secret=secret, overrides={}) | {
        "CENTRIFUGO_ENGINE_TYPE": "redis",
        "CENTRIFUGO_ENGINE_REDIS_ADDRESS": redis,
    }
    internal_url = f"http://{LOOPBACK}:{places.centrifugo_internal_port}"
    log = directory / f"centrifugo-{number}.log"
    node = Centrifugo(
        kind=server.kind,
        process=await server.process(places, environment, f"{internal_url}/health", log),
        client_url=f"ws://{LOOPBACK}:{places.centrifugo_port}/connection/websocket",
        api_url=f"{internal_url}/api",
        api_key=key,
        proxy_secret=secret,
    )
    node.process.name = f"Centrifugo {number}"
    return node


def _service(port: int, replica: str, environment: dict[str, str], directory: Path) -> Service:
    folder = directory / replica
    folder.mkdir()
    own = {"CHAT_PORT": str(port), "CHAT_REPLICA": replica}
    service = Service(f"http://{LOOPBACK}:{port}", environment | own, folder)
    service.process.name = f"proxy_app {replica}"
    return service


async def _stop(process: Process) -> None:
    if await process.alive():
        await process.resume()
        await process.stop()
