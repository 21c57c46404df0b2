"""Everything together."""

import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from proxy_app.launcher.centrifugo import centrifugo_environment
from proxy_app.launcher.page import create_page_app
from proxy_app.launcher.places import LOOPBACK, Places
from proxy_app.launcher.policy import NOBODY
from tests.client import ChatClient
from tests.fakes.openai_server import FakeOpenAI

from .centrifugo import Centrifugo
from .processes import unused_ports
from .servers import Server
from .service import Service

MODEL = "fake-model"
"""The model that the service asks for unless told otherwise."""
UPSTREAM_KEY = "sk-of-the-scripted-upstream"


@dataclass(frozen=True, slots=True)
class Stack:
    """The running product; kill, pause and restart its processes as you like."""

    centrifugo: Centrifugo
    service: Service
    openai: FakeOpenAI
    page_url: str
    """Where the page is, if it was asked for; clients may come from there."""

    @property
    def url(self) -> str:
        """Where clients connect."""
        return self.centrifugo.client_url

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be logged or told to a client."""
        return UPSTREAM_KEY, self.centrifugo.api_key, self.centrifugo.proxy_secret

    def client(
        self, token: str | None = None, *, subscribe: bool = True
    ) -> AbstractAsyncContextManager[ChatClient]:
        """Open a client: a new guest, or the one that the token says."""
        return ChatClient.open(self.url, token, subscribe=subscribe)

    async def ensure_well(self) -> None:
        """Start again what a test that failed has left dead."""
        for process in (self.centrifugo.process, self.service.process):
            if not await process.is_well():
                if await process.alive():
                    await process.kill()
                await process.start()


@asynccontextmanager
async def open_stack(
    server: Server, *, page: Path | None = None, frame_ancestors: str = NOBODY, **settings: str
) -> AsyncIterator[Stack]:
    """Start the product over one kind of Centrifugo, and stop it afterwards.

    Args:
        server: Which Centrifugo.
        page: Folder of the built page, if it is to be served.
        frame_ancestors: Whose frames may show the page.
        settings: Further variables of the service, such as ``CHAT_MODEL_RETRIES="0"``.
    """
    async with AsyncExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="chat-test-")))
        page_port, centrifugo_port, internal_port, service_port = unused_ports(4)
        places = Places(
            page_port=page_port,
            centrifugo_port=centrifugo_port,
            centrifugo_internal_port=internal_port,
            service_port=service_port,
            state=directory,
            centrifugo="auto",
        )
        openai = await opened.enter_async_context(FakeOpenAI(api_key=UPSTREAM_KEY, models=(MODEL,)))
        centrifugo = await _centrifugo(server, places)
        environment = {
            "CHAT_HOST": LOOPBACK,
            "CHAT_PORT": str(places.service_port),
            "CHAT_CENTRIFUGO_API_URL": centrifugo.api_url,
            "CHAT_CENTRIFUGO_API_KEY": centrifugo.api_key,
            "CHAT_PROXY_SECRET": centrifugo.proxy_secret,
            "CHAT_SHUTDOWN_GRACE": "3",  # Whatever still streams when a test ends is of no interest.
            "OPENAI_API_KEY": UPSTREAM_KEY,
            "OPENAI_BASE_URL": openai.url,
            "OPENAI_MODEL": MODEL,
            **settings,
        }
        service = Service(f"http://{LOOPBACK}:{places.service_port}", environment, directory)
        for process in (service.process, centrifugo.process):
            opened.push_async_callback(process.stop)
            await process.start()
        if page:
            app = create_page_app(
                page, centrifugo_port=places.centrifugo_port, frame_ancestors=frame_ancestors
            )
            await _serve(app, places, opened)
        yield Stack(centrifugo, service, openai, places.origins[0])


async def _centrifugo(server: Server, places: Places) -> Centrifugo:
    api_key, proxy_secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    environment = centrifugo_environment(places, api_key=api_key, proxy_secret=proxy_secret, overrides={})
    internal_url = f"http://{LOOPBACK}:{places.centrifugo_internal_port}"
    log = places.state / "centrifugo.log"
    return Centrifugo(
        kind=server.kind,
        process=await server.process(places, environment, f"{internal_url}/health", log),
        client_url=f"ws://{LOOPBACK}:{places.centrifugo_port}/connection/websocket",
        api_url=f"{internal_url}/api",
        api_key=api_key,
        proxy_secret=proxy_secret,
    )


async def _serve(app: web.Application, places: Places, opened: AsyncExitStack) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    opened.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, LOOPBACK, places.page_port).start()
