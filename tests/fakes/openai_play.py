"""Playing a script on one connection."""

import asyncio
import socket
import struct
from collections.abc import Iterable

import orjson
from aiohttp import web

from .openai_steps import Abort, Cut, Head, Pause, Reply, Script, Stall, Wait, in_http_chunks, step_bytes

_FAILURES: dict[int, dict[str, object]] = {
    400: {
        "message": "Your input exceeds the context window of this model.",
        "code": "context_length_exceeded",
    },
    401: {"message": "Incorrect API key provided.", "code": "invalid_api_key"},
    404: {"message": "The model does not exist.", "code": "model_not_found"},
    429: {"message": "Rate limit reached.", "code": "rate_limit_exceeded"},
}


async def play(http: web.Request, script: Script, *, model: str, usage_asked: bool) -> web.StreamResponse:
    """Do what the script says, step by step; its end is the regular end of the body."""
    response: web.StreamResponse | None = None
    for step in script:
        match step:
            case Reply():
                return reply(step)
            case Head():
                response = await open_stream(http, step)
            case Wait(happened):
                await happened.wait()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Stall():
                await asyncio.Event().wait()
            case Abort() | Cut():
                return hang_up(http, response, reset=isinstance(step, Abort))
            case _:
                response = response or await open_stream(http, Head())
                data = step_bytes(step, model=model, usage_asked=usage_asked)
                send(http, in_http_chunks([data] if data else []))
    response = response or await open_stream(http, Head())
    await response.write_eof()
    return response


async def open_stream(http: web.Request, head: Head) -> web.StreamResponse:
    """Send the head of a body whose length nobody knows."""
    response = web.StreamResponse(status=head.status, headers=head.headers)
    response.enable_chunked_encoding()
    await response.prepare(http)
    return response


def send(http: web.Request, frames: Iterable[bytes]) -> None:
    """Write at once, past the response: the frames are encoded already, which is what makes this cheap."""
    if http.transport is None:
        raise ConnectionResetError("the client has gone")
    http.transport.write(b"".join(frames))


def reply(step: Reply) -> web.Response:
    """Return an answer that is no stream."""
    if isinstance(step.body, bytes):
        return web.Response(status=step.status, body=step.body, headers=step.headers)
    headers = {"Content-Type": "application/json", **step.headers}
    return web.Response(status=step.status, body=orjson.dumps(step.body), headers=headers)


def failure(status: int) -> Reply:
    """Return a failure in OpenAI's words."""
    default = {"message": "The server had an error while processing your request.", "code": None}
    error = {"type": "invalid_request_error", "param": None} | _FAILURES.get(status, default)
    return Reply(status, {"error": error})


def hang_up(http: web.Request, response: web.StreamResponse | None, *, reset: bool) -> web.StreamResponse:
    """Break the connection off: by a reset, which loses what is in flight, or by a plain close."""
    transport = http.transport
    if transport is not None:
        if reset:
            linger = struct.pack("ii", 1, 0)  # On, for no time: the kernel answers with RST.
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
        else:
            transport.close()
    return response or web.StreamResponse()
