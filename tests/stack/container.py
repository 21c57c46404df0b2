"""Centrifugo's official container, on the host's network: both sides reach each other over loopback."""

import asyncio
import gc
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from docker.errors import DockerException, NotFound  # type: ignore[import-untyped]
from testcontainers.core.container import DockerContainer

from .processes import LONGEST_STOP, PROJECT, Process, ProcessError

IMAGE = "centrifugo/centrifugo:v6.9.7"


class Container(Process):
    """The same interface as a child process has, over a container engine."""

    def __init__(self, environment: Mapping[str, str], health: str, log: Path) -> None:
        super().__init__("centrifugo (container)", health, log)
        config = PROJECT / "centrifugo" / "config.json"
        self._container = (
            _new_container()
            .with_command("centrifugo -c config.json")
            .with_volume_mapping(str(config), "/centrifugo/config.json")
            .with_envs(**environment)
        )
        self._made = False

    async def alive(self) -> bool:
        """Tell whether the container runs."""
        wrapped = self._container.get_wrapped_container()
        await asyncio.to_thread(wrapped.reload)
        return str(wrapped.status) in {"running", "created", "paused"}

    async def spawn(self) -> None:
        """Make the container, or start the one that ended again."""
        again = self._container.get_wrapped_container().start if self._made else self._container.start
        await asyncio.to_thread(again)
        self._made = True

    async def stop(self) -> int:
        """End the container with SIGTERM, keep its log and remove it."""
        if not self._made:
            return 0
        wrapped = self._container.get_wrapped_container()
        await asyncio.to_thread(wrapped.stop, timeout=int(LONGEST_STOP))
        code = int((await asyncio.to_thread(wrapped.wait))["StatusCode"])
        await self._keep_log()
        with suppress(NotFound):  # The engine may have removed it by itself.
            await asyncio.to_thread(self._container.stop)
        self._made = False
        return code

    async def kill(self) -> None:
        """End the container with SIGKILL."""
        wrapped = self._container.get_wrapped_container()
        await asyncio.to_thread(wrapped.kill)
        await asyncio.to_thread(wrapped.wait)
        await self._keep_log()

    async def pause(self) -> None:
        """Freeze the container."""
        await asyncio.to_thread(self._container.get_wrapped_container().pause)

    async def resume(self) -> None:
        """Let a frozen container go on."""
        await asyncio.to_thread(self._container.get_wrapped_container().unpause)

    async def _keep_log(self) -> None:
        output, errors = await asyncio.to_thread(self._container.get_logs)
        self.log.write_bytes(output + errors)


def _new_container() -> DockerContainer:
    try:
        return DockerContainer(IMAGE, network_mode="host")
    except DockerException as exc:
        failure = str(exc)
    with warnings.catch_warnings():
        # The client forgets to close its socket, for which pytest would end with a traceback.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    raise ProcessError(f"CENTRIFUGO=container needs a container engine: {failure}")
