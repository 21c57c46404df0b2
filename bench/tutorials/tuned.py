"""The tuned tutorial: the SDK's stream, one HTTP client for all, and for every token one publish."""

import asyncio
import os

import httpx2
from aiohttp import web
from openai import AsyncOpenAI

from ..web_process import serve

openai = AsyncOpenAI()
centrifugo = httpx2.AsyncClient(
    base_url=os.environ["CENTRIFUGO_API_URL"], headers={"X-API-Key": os.environ["CENTRIFUGO_API_KEY"]}
)
tasks: set["asyncio.Task[None]"] = set()


async def publish(channel: str, data: dict[str, object]) -> None:
    """Publish ``data`` to ``channel``."""
    response = await centrifugo.post("/publish", json={"channel": channel, "data": data})
    response.raise_for_status()


async def answer(channel: str, prompt: str) -> None:
    """Stream the model's answer to ``channel``."""
    stream = await openai.chat.completions.create(
        model=os.environ["OPENAI_MODEL"], messages=[{"role": "user", "content": prompt}], stream=True
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            await publish(channel, {"delta": chunk.choices[0].delta.content})
    await publish(channel, {"done": True})


async def chat(request: web.Request) -> web.Response:
    """Start an answer."""
    body = await request.json()
    task = asyncio.create_task(answer(body["channel"], body["prompt"]))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return web.json_response({"ok": True})


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/chat", chat)
    serve(app)
