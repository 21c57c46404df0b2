"""The floor: a bare loop that publishes one token after the other, with the client that the service uses.

There is no model, no database and no run in it: what is left is Centrifugo and the way to it.
"""

import asyncio
import os
from collections.abc import AsyncIterator

import httpx2
import orjson
from aiohttp import web
from openai import DefaultAioHttpClient

from .stamps import token
from .web_process import serve

_CLIENT = web.AppKey("client", httpx2.AsyncClient)


async def _client(app: web.Application) -> AsyncIterator[None]:
    headers = {"X-API-Key": os.environ["CENTRIFUGO_API_KEY"], "Content-Type": "application/json"}
    async with DefaultAioHttpClient(
        base_url=os.environ["CENTRIFUGO_API_URL"], headers=headers, timeout=5, trust_env=False
    ) as client:
        app[_CLIENT] = client
        yield


async def publish_tokens(request: web.Request) -> web.Response:
    """Publish ``tokens`` tokens to ``channel``, ``rate`` per second; answer when all are taken."""
    wish = orjson.loads(await request.read())
    client, channel, loop = request.app[_CLIENT], wish["channel"], asyncio.get_running_loop()
    began = loop.time()
    for number in range(wish["tokens"]):
        await asyncio.sleep(began + number / wish["rate"] - loop.time())
        await _publish(client, {"channel": channel, "data": {"delta": token()}})
    await _publish(client, {"channel": channel, "data": {"done": True}})
    return web.json_response({})


async def _publish(client: httpx2.AsyncClient, body: dict[str, object]) -> None:
    response = await client.post("/publish", content=orjson.dumps(body))
    response.raise_for_status()
    if "error" in (reply := orjson.loads(response.content)):
        raise RuntimeError(f"Centrifugo refused a publication: {reply['error']}")


if __name__ == "__main__":
    application = web.Application()
    application.cleanup_ctx.append(_client)
    application.router.add_post("/tokens", publish_tokens)
    serve(application)
