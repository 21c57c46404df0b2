"""Prepares what is missing, starts everything, and stops it in order: the command ``up``."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from aiohttp import web

from ..errors import SettingsError
from .alone import alone
from .centrifugo import Binary, centrifugo_environment, find_centrifugo
from .children import Children
from .dotenv_file import add_missing_secrets, merged_environment
from .environment import ROOT, STARTED_AT
from .frontend import build_page
from .model import Model, start_model
from .page import create_page_app
from .places import LOOPBACK, check_port, read_places
from .policy import read_frame_ancestors
from .roundtrip import answers, check_round_trip
from .service import COMMAND, service_environment, stop_patience
from .steps import Steps, say
from .workshop import Workshop

DOTENV = ROOT / ".env"
OURS = ("CHAT_", "OPENAI_", "CENTRIFUGO_")
"""Prefixes of the variables that are told to those who need them, and to nobody else."""
TESTS_ONLY = "CENTRIFUGO_BINARY"
"""Names a Centrifugo to the tests; to the server it would be an unknown setting."""
LONGEST_HEADER = 65_536
"""Bytes of a header that the page is served for, as by nginx elsewhere."""
LONGEST_START = 60.0
"""Seconds that a process may take until it answers."""


class Launch:
    """One copy of everything, from the first step to the last."""

    def __init__(self, settings: Mapping[str, str], steps: Steps, children: Children) -> None:
        tools = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self._settings = settings
        self._steps = steps
        self._children = children
        self._places = read_places(settings)
        self._frame_ancestors = read_frame_ancestors(settings)
        self._workshop = Workshop(self._places, steps, tools)

    @property
    def client_port(self) -> int:
        """Port that clients connect to."""
        return self._places.centrifugo_port

    async def run(self) -> None:
        """Start everything, say so, and wait for an end that should not come.

        Raises:
            StartError: Something did not start, or ended by itself.
            SettingsError: A setting is wrong.
        """
        async with AsyncExitStack() as opened:
            opened.push_async_callback(self._children.stop)
            http = await opened.enter_async_context(aiohttp.ClientSession())
            async with alone(self._places.cache / "lock", self._steps):
                for variable, port in self._places.ports.items():
                    check_port(variable, port)
                self._make_secrets()
                async with asyncio.TaskGroup() as group:
                    page = group.create_task(build_page(self._workshop))
                    centrifugo = group.create_task(self._start_centrifugo(http))
                    model = group.create_task(self._start_service(http))
            await self._serve_page(page.result(), opened)
            with self._steps.step("checking the whole way, there and back"):
                url = f"ws://{LOOPBACK}:{self.client_port}/connection/websocket"
                as_guest = self._settings.get("CHAT_AUTH", "guest") == "guest"
                await check_round_trip(
                    http, url, origin=self._places.origins[0], timeout=10, as_guest=as_guest
                )
            say(
                f"Ready after {self._steps.elapsed:.1f} s: {self._places.origins[0]} "
                f"(model: {model.result().label}; Centrifugo: {centrifugo.result().label}; Ctrl+C ends it)"
            )
            await self._children.watch()

    def _make_secrets(self) -> None:
        if made := add_missing_secrets(DOTENV, self._settings):
            self._steps.say(f"wrote new secrets into {DOTENV.name}: {', '.join(made)}")
            self._settings = merged_environment(DOTENV, self._settings)

    async def _start_centrifugo(self, http: aiohttp.ClientSession) -> Binary:
        binary = await find_centrifugo(self._workshop)
        variables = centrifugo_environment(
            self._places,
            api_key=self._settings["CHAT_CENTRIFUGO_API_KEY"],
            proxy_secret=self._settings["CHAT_PROXY_SECRET"],
            overrides=centrifugo_overrides(self._settings),
        )
        # Not in the root: Centrifugo would read our .env there, which is not all for it.
        folder = self._places.root / "centrifugo"
        command: list[str | Path] = [binary.path, "-c", folder / "config.json"]
        with self._steps.step(f"starting Centrifugo: {binary.label}"):
            environment = dict(self._workshop.environment) | variables
            child = await self._children.start("centrifugo", command, environment=environment, folder=folder)
            health = f"http://{LOOPBACK}:{self._places.centrifugo_internal_port}/health"
            await child.until_ready(answers(http, health), timeout=LONGEST_START)
        return binary

    async def _start_service(self, http: aiohttp.ClientSession) -> Model:
        model = await start_model(self._settings, self._workshop, self._children, http)
        _make_folder(self._places.state)
        with self._steps.step("starting the service, its database brought up to date"):
            child = await self._children.start(
                "proxy_app",
                COMMAND,
                environment=service_environment(
                    self._places, self._settings, self._workshop.environment, model
                ),
                folder=self._places.root,
                patience=stop_patience(self._settings),
            )
            health = f"http://{LOOPBACK}:{self._places.service_port}/health"
            await child.until_ready(answers(http, health), timeout=LONGEST_START)
        return model

    async def _serve_page(self, folder: Path, opened: AsyncExitStack) -> None:
        app = create_page_app(
            folder,
            centrifugo_port=self._places.centrifugo_port,
            frame_ancestors=self._frame_ancestors,
        )
        # Whatever else runs on this machine sets its cookies for the same name.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, max_field_size=LONGEST_HEADER)
        opened.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, self._places.page_port).start()


async def up(kind: type[Launch] = Launch) -> None:
    """Run a launch until Ctrl+C, SIGTERM or the end of one of its processes.

    Raises:
        StartError: Something did not start, or ended by itself.
        SettingsError: A setting is wrong.
    """
    began = os.environ.get(STARTED_AT)
    children = Children()
    launch = kind(merged_environment(DOTENV, os.environ), Steps(float(began) if began else None), children)
    running = asyncio.create_task(launch.run(), name="launch")
    asked_to_stop = _stop_on_signals(running, children)
    try:
        await running
    except asyncio.CancelledError:
        if not asked_to_stop.is_set():
            raise
        say("Everything has been stopped.")
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _stop_on_signals(running: asyncio.Task[None], children: Children) -> asyncio.Event:
    """Let the first signal stop everything in order, and the second one at once."""
    asked = asyncio.Event()

    def stop() -> None:
        if asked.is_set():
            children.kill()
            return
        asked.set()
        say("Stopping; once more to stop at once.")
        running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return asked


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group, however deep: what went wrong first is what helps."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def centrifugo_overrides(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the user's own variables of Centrifugo."""
    return {
        name: value
        for name, value in settings.items()
        if name.startswith("CENTRIFUGO_") and name != TESTS_ONLY
    }


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(
            f"The folder {path} can't be made ({exc.strerror}): choose another with CHAT_STATE_DIR."
        ) from None
