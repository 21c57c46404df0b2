"""A small web server as a process of its own, on loopback, for the programs of the benchmark."""

import argparse
import sys

import uvloop
from aiohttp import web


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def serve(app: web.Application) -> None:
    """Serve ``app`` on the port that the command line names, until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port: int = parser.parse_args(sys.argv[1:]).port
    app.router.add_get("/health", _healthy)
    web.run_app(
        app,
        host="127.0.0.1",
        port=port,
        backlog=4096,
        access_log=None,
        print=None,
        shutdown_timeout=0.1,
        loop=uvloop.new_event_loop(),
    )
