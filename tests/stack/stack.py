"""Everything together."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.client import ChatClient
from tests.fakes.openai_server import FakeOpenAI

from .centrifugo import Centrifugo
from .processes import unused_port
from .servers import Server
from .service import Service

MODEL = "fake-model"
KEY = "sk-of-the-scripted-upstream"
"""The upstream's key; it must never be seen by a client or in a log."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The running product."""

    centrifugo: Centrifugo
    service: Service
    openai: FakeOpenAI

    @property
    def url(self) -> str:
        """Where clients connect."""
        return self.centrifugo.client_url

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
async def open_stack(server: Server, **settings: str) -> AsyncIterator[Stack]:
    """Start the product over one kind of Centrifugo; ``settings`` are further variables of the service."""
    async with AsyncExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="chat-test-")))
        openai = await opened.enter_async_context(FakeOpenAI(api_key=KEY, models=(MODEL,)))
        port = unused_port()
        service_url = f"http://127.0.0.1:{port}"
        centrifugo = Centrifugo(server, service_url, "http://127.0.0.1", directory)
        environment = {
            "CHAT_HOST": "127.0.0.1",
            "CHAT_PORT": str(port),
            "CHAT_CENTRIFUGO_API_URL": centrifugo.api_url,
            "CHAT_CENTRIFUGO_API_KEY": centrifugo.api_key,
            "CHAT_PROXY_SECRET": centrifugo.proxy_secret,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": openai.url,
            "OPENAI_MODEL": MODEL,
            **settings,
        }
        service = Service(service_url, environment, directory)
        opened.push_async_callback(service.process.stop)
        await service.process.start()
        opened.push_async_callback(centrifugo.process.stop)
        await centrifugo.process.start()
        yield Stack(centrifugo, service, openai)
