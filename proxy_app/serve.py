"""The service as a process: where it listens, which signals end it, and how."""

import asyncio
import ctypes
import gc
import logging
import signal
import socket
from contextlib import suppress

import uvloop
from aiohttp import web
from aiohttp.http import HttpProcessingError

from .app import RUNS, open_app, owned_task
from .errors import SettingsError
from .proxy.edge import DOOR
from .runs.engine import Runs
from .settings import Settings

_log = logging.getLogger(__name__)

KEEPALIVE = 3630
"""Seconds that an idle connection of Centrifugo is kept.

Centrifugo never closes one, and a call that is written into a connection that we are closing fails.
"""
_ARENA_MAX = -8
"""The parameter of glibc's ``mallopt`` that says how many heaps threads may have."""
LONGEST_HEADER = 262_144
"""Bytes of a header that is read at all: far above what is let in, so that its sender can be told."""
MOST_HEADERS = 64
"""Headers of a call; Centrifugo sends less than twenty."""
LINGERING = 1.0
"""Seconds that the rest of a body is read after its answer, so that its sender hears why it was refused."""


def serve(settings: Settings) -> None:
    """Run the service until SIGTERM or SIGINT, then let it finish what it is writing.

    Raises:
        SettingsError: The port is in use, or the database can't be opened.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    # When libraries say everything, they say what users write.
    logging.basicConfig(level=max(level, logging.INFO), format="%(levelname)-7s %(name)s: %(message)s")
    logging.getLogger(__package__).setLevel(level)
    # One line for every request of every client says nothing that is worth it.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_is_ours)
    _share_one_heap()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell whether an error is ours: what is no HTTP is answered 400, and its bytes are not logged."""
    theirs = (HttpProcessingError, web.RequestPayloadError, ConnectionError)
    return not (record.exc_info and isinstance(record.exc_info[1], theirs))


async def _serve(settings: Settings) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def stop_or_hurry() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop_or_hurry)
    # Before anything is taken over: whoever listens here is the only process in this place.
    with _listen(settings.host, settings.port) as listener:
        async with open_app(settings) as app:
            runner = web.AppRunner(
                app,
                access_log=None,
                keepalive_timeout=KEEPALIVE,
                lingering_time=LINGERING,
                max_field_size=LONGEST_HEADER,
                max_headers=MOST_HEADERS,
                auto_decompress=False,  # Centrifugo packs nothing, and what is packed could swell.
                handle_signals=False,
            )
            await runner.setup()
            await web.SockSite(runner, listener).start()
            async with owned_task(app[DOOR].watch(runner), "door"):
                _spare_the_collector()
                _log.info("Serving on %s:%d", settings.host, settings.port)
                await stop.wait()
                _log.info("Stopping; running answers have %g s to finish", settings.shutdown_grace)
                # Meanwhile everything but a new prompt is still answered.
                async with owned_task(_hurry(hurry, app[RUNS]), "hurry"):
                    await app[RUNS].aclose(settings.shutdown_grace)
            await runner.cleanup()


async def _hurry(hurry: asyncio.Event, runs: Runs) -> None:
    await hurry.wait()
    _log.info("Stopping at once")
    runs.hurry()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as exc:
        raise SettingsError(
            f"Port {port} of {host} can't be listened on; choose another by CHAT_PORT: {exc.strerror}."
        ) from None


def _share_one_heap() -> None:
    """Let all threads allocate from one heap, where the C library would give each its own.

    What is free in one heap is of no use to the threads of the others, and the process grows for hours while
    what it uses stays the same. Python's lock lets hardly two of them allocate at a time anyway.
    """
    with suppress(AttributeError):  # Another C library than glibc.
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def _spare_the_collector() -> None:
    """Keep what was imported out of the garbage collector, and let it run less often.

    Nothing in here makes cycles in earnest; walking a hundred megabytes of modules in every full
    collection is a pause of a quarter of a second for every reader.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
