"""The floor: a bare loop that publishes one token after the other.

There is no model, no database and no run in it: what is left is Centrifugo and the way to it. The leanest way
from Python is aiohttp; ``httpx2`` over it is what the openai SDK brings along.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import httpx2
import orjson
from aiohttp import web
from openai import DefaultAioHttpClient

from . import stamps
from .web_process import serve

CLIENTS = ("aiohttp", "httpx2")
"""The HTTP clients that the loop can be run with."""

Post = Callable[[bytes], Awaitable[bytes]]
"""Posts to ``publish`` and returns the reply."""

_POSTS = web.AppKey("posts", dict[str, Post])


async def _clients(app: web.Application) -> AsyncIterator[None]:
    url = f"{os.environ['CENTRIFUGO_API_URL']}/publish"
    headers = {"X-API-Key": os.environ["CENTRIFUGO_API_KEY"], "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as session,
        DefaultAioHttpClient(headers=httpx2.Headers(headers), trust_env=False) as client,
    ):

        async def by_aiohttp(body: bytes) -> bytes:
            async with session.post(url, data=body) as response:
                response.raise_for_status()
                return await response.read()

        async def by_httpx2(body: bytes) -> bytes:
            response = await client.post(url, content=body)
            response.raise_for_status()
            return response.content

        posts: dict[str, Post] = {"aiohttp": by_aiohttp, "httpx2": by_httpx2}
        app[_POSTS] = posts
        yield


async def publish_tokens(request: web.Request) -> web.Response:
    """Publish tokens to ``channel`` with ``client``, ``rate`` per second; answer when all are taken."""
    wish, loop = orjson.loads(await request.read()), asyncio.get_running_loop()
    post, channel, interval = request.app[_POSTS][wish["client"]], wish["channel"], 1 / wish["rate"]
    began = loop.time()
    for number in range(wish["tokens"]):
        await asyncio.sleep(began + number * interval - loop.time())
        await _publish(post, {"channel": channel, "data": {"delta": stamps.written(stamps.now())}})
    await _publish(post, {"channel": channel, "data": {"done": True}})
    return web.json_response({})


async def _publish(post: Post, body: dict[str, object]) -> None:
    if "error" in (reply := orjson.loads(await post(orjson.dumps(body)))):
        raise RuntimeError(f"Centrifugo refused a publication: {reply['error']}")


if __name__ == "__main__":
    application = web.Application()
    application.cleanup_ctx.append(_clients)
    application.router.add_post("/tokens", publish_tokens)
    serve(application)
