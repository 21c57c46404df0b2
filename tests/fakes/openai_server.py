"""A scripted OpenAI-compatible upstream, for tests and benchmarks.

In a test::

    async with FakeOpenAI() as openai:
        openai.scripts.append([Text("Hel"), Abort()])  # answers the next request; see openai_steps
        ...
        await openai.until_closed(openai.requests[0])

Without a script it answers what the last message asks for, such as ``tokens:20000 rate:200``
(``openai_text.Wish``), with a text that is known: ``expected_text(prompt)``. As a process of its own:
``python -m tests.fakes.openai_server --port 0`` prints ``{"url": ...}``; ``GET /fake/requests`` then
tells what was asked and when clients went away.
"""

import argparse
import asyncio
import json
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Self

import orjson
import uvloop
from aiohttp import web

from .openai_pacer import Pacer
from .openai_play import failure, hang_up, open_stream, play, reply, send
from .openai_steps import DONE, Finish, Head, Reply, Script, Step, Usage, in_http_chunks, step_bytes
from .openai_steps import Reasoning as ReasoningStep
from .openai_steps import Text as TextStep
from .openai_text import Wish, expected_text, read_wish, reasoning_deltas, text_deltas

__all__ = ["FakeOpenAI", "FakeRequest", "expected_text"]

_TRIES = 500
"""Polls of ``until``, 10 ms each: five seconds."""


@dataclass(eq=False, slots=True)
class FakeRequest:
    """A request for a completion, and what became of it."""

    model: str
    prompt: str
    """The last message."""
    body: dict[str, Any]
    headers: dict[str, str]
    opened_at: float = field(default_factory=time.monotonic)
    """``time.monotonic()``, which all processes of a machine share."""
    closed_at: float | None = None
    """When the client closed the connection in the middle; ``None`` if it did not."""
    sent: int = 0
    """Deltas sent, if a prompt and no script decided."""
    finished: bool = False
    """Whether all was sent, as far as the script goes."""

    @property
    def usage_asked(self) -> bool:
        """Whether usage was asked for."""
        return bool((self.body.get("stream_options") or {}).get("include_usage"))


class FakeOpenAI:
    """The upstream; an async context manager that listens on a port of its own on loopback."""

    def __init__(
        self, *, api_key: str | None = None, models: tuple[str, ...] = ("fake-model",), port: int = 0
    ) -> None:
        self.api_key = api_key
        self.models = models
        self.scripts: deque[Script] = deque()
        """Each answers one request, first come, first served; afterwards prompts decide."""
        self.requests: list[FakeRequest] = []
        self.model_lists = 0
        """How often ``/v1/models`` was asked."""
        self.models_reply: Reply | None = None
        """What ``/v1/models`` answers instead of the models."""
        self.open_streams = 0
        self.url = ""
        """Base URL, ``/v1`` included."""
        self._port = port
        self._pacers: dict[float, Pacer] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/health", self._healthy)
        app.router.add_get("/fake/requests", self._tell)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=4096).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def open_connections(self) -> int:
        """How many TCP connections are open, idle ones included."""
        assert self._runner is not None
        assert self._runner.server is not None
        return len(self._runner.server.connections)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, for at most five seconds."""
        for _ in range(_TRIES):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("what was waited for did not happen within five seconds")

    async def until_closed(self, request: FakeRequest) -> float:
        """Wait until the client has closed the request's connection; return when it did."""
        await self.until(lambda: request.closed_at is not None)
        assert request.closed_at is not None
        return request.closed_at

    async def _complete(self, http: web.Request) -> web.StreamResponse:
        if self.api_key is not None and http.headers.get("Authorization") != f"Bearer {self.api_key}":
            return reply(failure(401))
        body = orjson.loads(await http.read())
        prompt = str(body["messages"][-1]["content"])
        request = FakeRequest(str(body["model"]), prompt, body, dict(http.headers))
        self.requests.append(request)
        self.open_streams += 1
        try:
            if self.scripts:
                script = self.scripts.popleft()
                response = await play(http, script, model=request.model, usage_asked=request.usage_asked)
            else:
                response = await self._say(http, request, read_wish(prompt))
            request.finished = True
        except (asyncio.CancelledError, ConnectionError):
            request.closed_at = time.monotonic()
            raise
        finally:
            self.open_streams -= 1
        return response

    async def _say(self, http: web.Request, request: FakeRequest, wish: Wish) -> web.StreamResponse:
        """Answer as the prompt wishes, at its rate, from frames that were made once."""
        if wish.fail:
            return reply(failure(wish.fail))
        await asyncio.sleep(wish.head)
        response = await open_stream(http, Head())
        await asyncio.sleep(wish.delay)
        frames = _frames(request.prompt, request.model)
        count = min([len(frames), *(at for at in (wish.cut, wish.stall) if at >= 0)])

        def tick() -> bool:
            send(http, (frames[request.sent],))
            request.sent += 1
            return request.sent < count

        if count and wish.rate:
            await self._pacers.setdefault(wish.rate, Pacer(wish.rate)).run(tick)
        elif count:
            while tick():
                if request.sent % 64 == 0:
                    await http.protocol._drain_helper()
        if wish.stall == count:
            await asyncio.Event().wait()
        if wish.cut == count:
            return hang_up(http, response, reset=True)
        send(http, _tail(request, wish))
        await response.write_eof()
        return response

    async def _list_models(self, _: web.Request) -> web.StreamResponse:
        self.model_lists += 1
        if self.models_reply is not None:
            return reply(self.models_reply)
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "tests"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _healthy(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _tell(self, _: web.Request) -> web.Response:
        told = [asdict(request) for request in self.requests]
        return web.json_response({"requests": told, "open_streams": self.open_streams})


@lru_cache(maxsize=64)
def _frames(prompt: str, model: str) -> list[bytes]:
    steps: list[Step] = [*map(ReasoningStep, reasoning_deltas(prompt)), *map(TextStep, text_deltas(prompt))]
    return in_http_chunks(step_bytes(step, model=model, usage_asked=True) for step in steps)


def _tail(request: FakeRequest, wish: Wish) -> list[bytes]:
    steps: list[Step] = [] if wish.finish == "none" else [Finish(wish.finish)]
    if wish.usage and request.usage_asked:
        steps.append(Usage(prompt_tokens=len(request.prompt), completion_tokens=request.sent))
    return in_http_chunks(step_bytes(step, model=request.model, usage_asked=True) for step in [*steps, DONE])


async def _serve(port: int, api_key: str | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with FakeOpenAI(api_key=api_key, port=port) as openai:
        print(json.dumps({"url": openai.url}), flush=True)
        await stopped.wait()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0: any that is free")
    parser.add_argument("--api-key", help="the key that requests must bear; by default any will do")
    arguments = parser.parse_args()
    uvloop.run(_serve(arguments.port, arguments.api_key))


if __name__ == "__main__":
    _main()
