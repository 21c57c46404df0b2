"""The real application over loopback, spoken to as Centrifugo does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from proxy_app.app import RUNS, open_app
from proxy_app.core.reducer import Run
from proxy_app.runs.engine import Runs
from proxy_app.settings import Settings
from tests.fakes.centrifugo_api import FakeCentrifugo
from tests.fakes.openai_server import FakeOpenAI

Json = dict[str, Any]

SECRET = "the-secret-of-the-proxy"
MODEL_KEY = "sk-the-key-of-the-model"

_LONGEST_WAIT = 5
"""Seconds that a test waits for anything."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a proxy endpoint answered."""

    status: int
    body: bytes

    @property
    def json(self) -> Json:
        """The body, parsed."""
        parsed: Json = orjson.loads(self.body)
        return parsed


@dataclass(slots=True)
class Service:
    """The application, and what stands around it."""

    url: str
    http: aiohttp.ClientSession
    runs: Runs
    openai: FakeOpenAI
    centrifugo: FakeCentrifugo
    database: Path
    user: str = "alice"
    """Who calls, unless somebody else is named."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def channel(self) -> str:
        """The caller's channel."""
        return f"chat:#{self.user}"

    async def until_stored(self, run: str, status: str) -> Json:
        """Wait until a run has a status in the database; return its state."""
        async with asyncio.timeout(_LONGEST_WAIT):
            while True:
                state = await self.call("chat:run", {"run": run})
                if state["run"]["status"] == status:
                    return state
                await asyncio.sleep(0.01)

    async def settle(self) -> None:
        """Stop what a test has left running, and wait until it is over."""
        for run in list(self.runs._tasks):
            self.runs.stop(run)
        self.centrifugo.away = None
        if self.runs._tasks:
            await asyncio.wait(self.runs._tasks.values(), timeout=_LONGEST_WAIT)
        assert not self.runs._tasks

    def forget(self) -> None:
        """Be as new to the next test: another user, and nothing scripted or recorded."""
        self.user = f"user-{next(self._numbers)}"
        self.openai.scripts.clear()
        self.openai.requests.clear()
        self.centrifugo.forget()

    async def post(
        self,
        path: str,
        body: object,
        *,
        secret: str | None = SECRET,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an endpoint; ``body`` is sent as JSON unless it is bytes."""
        sent = BytesIO(body if isinstance(body, bytes) else orjson.dumps(body))
        told = {"Content-Type": "application/json", **(headers or {})}
        if secret is not None:
            told["X-Proxy-Secret"] = secret
        async with self.http.post(f"{self.url}{path}", data=sent, headers=told) as answer:
            return Answer(answer.status, await answer.read())

    async def connect(self, data: object = None, headers: Mapping[str, str] | None = None) -> Json:
        """Ask the connect proxy, with what Centrifugo sends."""
        body = {
            "client": "c1",
            "transport": "websocket",
            "protocol": "json",
            "encoding": "json",
            "data": data,
        }
        return (await self.post("/centrifugo/connect", body, headers=headers)).json

    async def rpc(self, method: str, data: object = None, user: str | None = None) -> Json:
        """Call a method; return what Centrifugo gets to see."""
        body = {"client": "c1", "transport": "websocket", "protocol": "json", "encoding": "json"}
        told = {"user": user or self.user, "method": method, "data": data}
        answer = await self.post("/centrifugo/rpc", body | told)
        assert answer.status == 200
        return answer.json

    async def call(self, method: str, data: object = None, user: str | None = None) -> Json:
        """Call a method; return the reply's data."""
        reply = await self.rpc(method, data, user)
        assert reply.keys() == {"result"}, reply
        told: Json = reply["result"]["data"]
        return told

    async def refused(self, method: str, data: object = None, user: str | None = None) -> Json:
        """Call a method that is refused; return the error, which has the form that reaches a client."""
        reply = await self.rpc(method, data, user)
        assert reply.keys() == {"error"}, reply
        error: Json = reply["error"]
        assert error.keys() == {"code", "message", "temporary"}
        assert error["message"].endswith(".")
        return error

    async def send(self, text: str = "Hello!", user: str | None = None, **fields: object) -> Json:
        """Send a prompt, under an id of its own unless ``fields`` has one."""
        data = {"client_message_id": f"m{next(self._numbers)}", "text": text, **fields}
        return await self.call("chat:send", data, user)

    async def talk(self, text: str = "Hello!", user: str | None = None, **fields: object) -> tuple[Json, Run]:
        """Send a prompt and wait for the end; return the reply and the run as a client holds it."""
        sent = await self.send(text, user, **fields)
        return sent, await self.centrifugo.ended(run_of(sent))


def run_of(sent: Json) -> str:
    """Return the run that answers a send."""
    run: str = sent["reply"]["run"]["id"]
    return run


def text_of(run: Run) -> str:
    """Return what a run has said."""
    return "".join(part.text for part in run.parts.values() if part.type == "text")


def settings_of(folder: Path, openai: FakeOpenAI, centrifugo: FakeCentrifugo, **changes: object) -> Settings:
    """Return settings that point at the fakes, impatient where tests would have to wait."""
    values: Json = {
        "database_url": f"sqlite+aiosqlite:///{folder / 'chat.sqlite3'}",
        "centrifugo_api_url": centrifugo.url,
        "centrifugo_api_key": centrifugo.api_key,
        "proxy_secret": SECRET,
        "OPENAI_API_KEY": MODEL_KEY,
        "OPENAI_BASE_URL": openai.url,
        "OPENAI_MODEL": "fake-model",
        "publish_interval": 0.005,
        "checkpoint_interval": 0.05,
        "shutdown_grace": 0,
        "model_retries": 0,
        "titles": False,
        "calls_per_second": None,
        **changes,
    }
    return Settings(**values)


@asynccontextmanager
async def open_service(
    folder: Path, openai: FakeOpenAI, centrifugo: FakeCentrifugo, **changes: object
) -> AsyncIterator[Service]:
    """Start the application on a port of its own, and shut it down."""
    async with open_app(settings_of(folder, openai, centrifugo, **changes)) as app:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
                yield Service(url, http, app[RUNS], openai, centrifugo, folder / "chat.sqlite3")
        finally:
            await runner.cleanup()


@asynccontextmanager
async def open_alone(folder: Path, **changes: object) -> AsyncIterator[Service]:
    """Start the application with settings of its own, between fakes of its own."""
    async with (
        FakeOpenAI() as openai,
        FakeCentrifugo() as centrifugo,
        open_service(folder, openai, centrifugo, **changes) as service,
    ):
        yield service
