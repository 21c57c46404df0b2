"""The scripted upstream: answers every prompt as it wishes, with tokens that say when they were sent.

Streams of one round open while it is prepared, say nothing, begin together and end together, so that what is
measured in between has nothing of beginning and ending in it.
"""

import asyncio
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from tests.fakes.openai_play import open_stream, send
from tests.fakes.openai_steps import DONE, Finish, Head, Step, Usage, delta_event, in_http_chunks, step_bytes

from .pacer import every, spread
from .stamps import WIDTH, now, written
from .web_process import serve
from .wishes import Wish

_MODEL = "bench-model"
_PLACE = "T" * WIDTH
_BEFORE, _AFTER = in_http_chunks([delta_event({"content": _PLACE}, model=_MODEL)])[0].split(_PLACE.encode())


@dataclass(eq=False, slots=True)
class _Round:
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False
    opened: int = 0
    sent: int = 0
    asked_at: int = 0
    """When the last request came, in microseconds of the monotonic clock."""


class Upstream:
    """The part of an OpenAI-compatible server that streams, and what rules a round."""

    def __init__(self) -> None:
        self._round = _Round()

    def app(self) -> web.Application:
        """Return the server."""
        app = web.Application(client_max_size=1024**2)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/round", self._prepare)
        app.router.add_post("/round/begin", self._begin)
        app.router.add_post("/round/end", self._end)
        app.router.add_get("/round", self._tell)
        return app

    async def _complete(self, http: web.Request) -> web.StreamResponse:
        asked_at = now()
        body = orjson.loads(await http.read())
        wish = Wish.read(body["messages"][-1]["content"])
        this = self._round
        response = await open_stream(http, Head())
        phase = spread(this.opened) / wish.rate if wish.gated else 0
        this.opened += 1
        this.asked_at = asked_at
        if wish.gated:
            await this.begun.wait()
        await asyncio.sleep(wish.delay)
        said = 0

        def say() -> bool:
            nonlocal said
            if wish.gated and this.over:
                return False
            send(http, (_BEFORE, written(now()).encode(), _AFTER))
            said += 1
            this.sent += 1
            return said != wish.tokens

        await every(1 / wish.rate, say, phase=phase)
        usage_asked = bool((body.get("stream_options") or {}).get("include_usage"))
        tail: list[Step] = [Finish(), Usage(completion_tokens=said), DONE]
        events = (step_bytes(step, model=_MODEL, usage_asked=usage_asked) for step in tail)
        send(http, in_http_chunks(filter(None, events)))
        await response.write_eof()
        return response

    async def _models(self, _: web.Request) -> web.Response:
        data = [{"id": _MODEL, "object": "model", "created": 1, "owned_by": "bench"}]
        return web.json_response({"object": "list", "data": data})

    async def _prepare(self, _: web.Request) -> web.Response:
        self._round = _Round()
        return web.json_response({})

    async def _begin(self, _: web.Request) -> web.Response:
        self._round.begun.set()
        return web.json_response({})

    async def _end(self, _: web.Request) -> web.Response:
        self._round.over = True
        self._round.begun.set()
        return web.json_response({})

    async def _tell(self, _: web.Request) -> web.Response:
        this = self._round
        return web.json_response({"opened": this.opened, "sent": this.sent, "asked_at": this.asked_at})


if __name__ == "__main__":
    serve(Upstream().app())
