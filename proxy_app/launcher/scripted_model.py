"""The answerer of last resort: no model, but something that answers in OpenAI's way and says what it is.

``python -m proxy_app.launcher.scripted_model --port N`` serves it until it is told to end.
"""

import argparse
import asyncio
import re
from collections.abc import Iterator
from typing import Any

import orjson
from aiohttp import web

NAME = "scripted-answerer"

PAUSE = web.AppKey("pause", float)
"""Seconds between two words."""

_LARGEST_REQUEST = 4 * 1024 * 1024
_SHOWN = 400
"""Characters of the prompt that are said back."""

_ANSWER = """\
I am **not a language model**. I am a scripted answerer: I say this text, whatever you write. \
No key is set, and the small demo model can't run on this machine, so I stand in for both.

What you see is real nevertheless: your prompt came over one WebSocket, and this answer comes back over the \
same, word by word. You can stop it, reload the page in the middle of it, or open a second tab.

You wrote:

{prompt}

To talk to a real model, set one of these in `.env` and start again:

- `OPENAI_API_KEY` and `OPENAI_MODEL` for OpenAI,
- `OPENAI_BASE_URL` for any server that speaks its API, on this machine or elsewhere.
"""


def script(prompt: str) -> list[str]:
    """Return the words of the answer to ``prompt``, each with the space after it."""
    shown = prompt if len(prompt) <= _SHOWN else prompt[:_SHOWN] + "…"
    quoted = "\n".join(f"> {line}" for line in shown.splitlines()) or "> (nothing)"
    return re.findall(r"\S+\s*", _ANSWER.format(prompt=quoted))


def create_app(*, pause: float = 0.03) -> web.Application:
    """Return the server; ``pause`` is the time between two words, in seconds."""
    app = web.Application(client_max_size=_LARGEST_REQUEST)
    app[PAUSE] = pause
    app.router.add_post("/v1/chat/completions", _complete)
    app.router.add_get("/v1/models", _models)
    app.router.add_get("/health", _health)
    return app


async def _complete(http: web.Request) -> web.StreamResponse:
    try:
        request = orjson.loads(await http.read())
        prompt = request["messages"][-1]["content"]
        limit = request.get("max_tokens")
        words = script(prompt)[:limit]
        if not request.get("stream"):
            return _refuse("This answerer only streams: set stream to true.")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return _refuse("This is no request for a completion.")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(http)
    for word in words:
        await response.write(_chunk({"content": word}))
        await asyncio.sleep(http.app[PAUSE])
    cut = limit is not None and len(words) == limit
    for event in _end("length" if cut else "stop", prompt, len(words), request):
        await response.write(event)
    return response


def _end(reason: str, prompt: str, said: int, request: dict[str, Any]) -> Iterator[bytes]:
    yield _chunk({}, reason)
    if (request.get("stream_options") or {}).get("include_usage"):
        read = len(prompt.split())  # A word is the token of whoever has no tokens.
        usage = {"prompt_tokens": read, "completion_tokens": said, "total_tokens": read + said}
        yield _event({"object": "chat.completion.chunk", "model": NAME, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def _chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return _event({"object": "chat.completion.chunk", "model": NAME, "choices": [choice]})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"


def _refuse(message: str) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return web.json_response({"error": error}, status=400)


async def _models(_: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": NAME, "object": "model", "owned_by": "us"}]})


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Serve the scripted answerer.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    arguments = parser.parse_args()
    web.run_app(
        create_app(),
        host=arguments.host,
        port=arguments.port,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=0.1,  # Nobody waits for the end of what it says.
    )


if __name__ == "__main__":
    main()
