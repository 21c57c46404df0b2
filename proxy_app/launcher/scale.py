"""Starts everything twice on this machine, with the system's own servers: the command ``scale``."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import aiohttp

from .centrifugo import Binary, centrifugo_environment, find_centrifugo
from .children import Children
from .dotenv_file import replace_privately
from .errors import StartError
from .model import Model, start_model
from .places import LOOPBACK, Places, unused_port
from .roundtrip import answers
from .scale_nginx import Balanced, nginx_configuration
from .scale_programs import (
    as_database_user,
    database_url,
    initdb_command,
    missing_programs,
    nginx_command,
    postgresql_command,
    redis_command,
    redis_configuration,
)
from .scale_ready import Question, listens, postgresql_answers, redis_answers
from .scale_state import State
from .service import COMMAND, service_environment, stop_patience
from .steps import Steps
from .up import LONGEST_START, Launch, centrifugo_overrides

REPLICAS = ("a", "b")
"""Names of the services; there are as many Centrifugo nodes."""


class ScaledLaunch(Launch):
    """PostgreSQL, Redis, nginx, two services and two Centrifugo nodes."""

    def __init__(self, settings: Mapping[str, str], steps: Steps, children: Children) -> None:
        super().__init__(settings, steps, children)
        if missing := missing_programs():
            raise StartError(
                f"'make scale' needs {', '.join(missing)}, which this machine lacks "
                f"(Debian and Ubuntu: 'apt install {' '.join(missing.values())}')."
            )
        places = self._places
        self._state = State(places.state / "scale")
        self._database_port = unused_port()
        self._ports = Balanced(
            page=places.page_port,
            proxy=unused_port(),
            api=unused_port(),
            services=(places.service_port, unused_port()),
            centrifugos=(places.centrifugo_port, unused_port()),
            centrifugo_apis=(places.centrifugo_internal_port, unused_port()),
        )

    @property
    def client_port(self) -> int:
        """Port that clients connect to: nginx's."""
        return self._ports.page

    def _make_secrets(self) -> None:
        super()._make_secrets()
        self._state.make()
        password = self._state.postgresql_password.read_text("utf-8")
        self._settings = {**self._settings, "CHAT_DATABASE_URL": database_url(self._database_port, password)}

    async def _start_postgresql(self) -> None:
        with self._steps.step("starting PostgreSQL"):
            data = self._state.postgresql
            if not (data / "PG_VERSION").exists():
                await self._workshop.run(
                    as_database_user(initdb_command(data, self._state.postgresql_password)),
                    folder=data.parent,
                    failure=f"PostgreSQL could not make its folder {data}.",
                )
            command = as_database_user(postgresql_command(data, self._database_port))
            ready = postgresql_answers(self._settings["CHAT_DATABASE_URL"])
            await self._start("postgresql", command, data.parent, ready)

    async def _start_centrifugo(self, http: aiohttp.ClientSession) -> Binary:
        await self._start_nginx()
        binary = await find_centrifugo(self._workshop)
        with self._steps.step("starting Redis"):
            # It keeps nothing that PostgreSQL does not have, so its password may be a new one.
            port, password = unused_port(), secrets.token_urlsafe(32)
            configuration = self._state.redis / "redis.conf"
            replace_privately(configuration, redis_configuration(port, password))
            command = redis_command(self._state.redis, configuration)
            await self._start("redis", command, self._state.redis, redis_answers(port, password))
        with self._steps.step(f"starting two Centrifugo nodes: {binary.label}"):
            engine = {
                "CENTRIFUGO_ENGINE_TYPE": "redis",
                "CENTRIFUGO_ENGINE_REDIS_ADDRESS": f"redis://:{password}@{LOOPBACK}:{port}/0",
            }
            async with asyncio.TaskGroup() as group:
                for number in range(len(REPLICAS)):
                    group.create_task(self._start_node(binary, number, engine, http))
        return binary

    async def _start_nginx(self) -> None:
        """Start what balances before those who publish through it."""
        with self._steps.step("starting nginx"):
            folder, configuration = self._state.nginx, self._state.nginx / "nginx.conf"
            page = self._places.root / "frontend" / "dist"
            replace_privately(
                configuration, nginx_configuration(self._ports, folder, page, self._frame_ancestors)
            )
            command = nginx_command(folder, configuration)
            await self._start("nginx", command, folder, listens(self._ports.page))

    async def _start_node(
        self, binary: Binary, number: int, engine: Mapping[str, str], http: aiohttp.ClientSession
    ) -> None:
        places = self._places_of(number)
        variables = centrifugo_environment(
            replace(places, service_port=self._ports.proxy),
            api_key=self._settings["CHAT_CENTRIFUGO_API_KEY"],
            proxy_secret=self._settings["CHAT_PROXY_SECRET"],
            overrides=centrifugo_overrides(self._settings),
        )
        folder = places.root / "centrifugo"
        await self._start(
            f"centrifugo {number + 1}",
            [binary.path, "-c", folder / "config.json"],
            folder,
            answers(http, f"http://{LOOPBACK}:{places.centrifugo_internal_port}/health"),
            {**variables, **engine},
        )

    async def _start_service(self, http: aiohttp.ClientSession) -> Model:
        async with asyncio.TaskGroup() as group:
            starting = group.create_task(start_model(self._settings, self._workshop, self._children, http))
            group.create_task(self._start_postgresql())
        model = starting.result()
        with self._steps.step("starting two services"):
            async with asyncio.TaskGroup() as group:
                for number, replica in enumerate(REPLICAS):
                    group.create_task(self._start_replica(number, replica, model, http))
        return model

    async def _start_replica(
        self, number: int, replica: str, model: Model, http: aiohttp.ClientSession
    ) -> None:
        places = replace(self._places_of(number), centrifugo_internal_port=self._ports.api)
        environment = service_environment(
            places, {**self._settings, "CHAT_REPLICA": replica}, self._workshop.environment, model
        )
        await self._start(
            f"proxy_app {replica}",
            COMMAND,
            places.root,
            answers(http, f"http://{LOOPBACK}:{places.service_port}/health"),
            environment,
        )

    async def _serve_page(self, folder: Path, opened: AsyncExitStack) -> None:
        url = f"http://{LOOPBACK}:{self._ports.page}/"
        async with aiohttp.ClientSession() as http:
            if not await answers(http, url)():
                raise StartError(f"nginx can't serve the page: can its user read {folder}?")

    async def _start(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        ready: Question,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        child = await self._children.start(
            name,
            command,
            environment={**self._workshop.environment, **(variables or {})},
            folder=folder,
            patience=stop_patience(self._settings),
        )
        await child.until_ready(ready, timeout=LONGEST_START)

    def _places_of(self, number: int) -> Places:
        return replace(
            self._places,
            service_port=self._ports.services[number],
            centrifugo_port=self._ports.centrifugos[number],
            centrifugo_internal_port=self._ports.centrifugo_apis[number],
        )
