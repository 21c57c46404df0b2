"""Which models there are: those of the settings, else what the server lists first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import orjson

from ...errors import ModelError, ModelNotFoundError, ModelTimeoutError
from ...ports import ModelInfo
from .retries import PASSING_ERRORS

logger = logging.getLogger(__name__)

UNNAMED = "default"
"""The id that stands for the server's first model where the settings name none."""

_LONGEST_PAUSE = 60.0
"""Seconds between two attempts to reach the server, at most."""


class ModelCatalogue:
    """The models that users may choose; the server is asked once it answers, so it may start later."""

    def __init__(
        self,
        list_ids: Callable[[], Awaitable[Sequence[str]]],
        *,
        ids: Sequence[str],
        name: str | None,
        demo: bool,
        pause: float = 1.0,
    ) -> None:
        self._list_ids = list_ids
        self._ids = tuple(ids)
        self._name = name
        self._demo = demo
        self._pause = pause
        self._first: str | None = None
        self._asking = asyncio.Lock()

    def models(self) -> tuple[ModelInfo, ...]:
        """Return the models, the default first; what the server chooses has its name once that is known."""
        if not self._ids:
            return (ModelInfo(UNNAMED, self._name or self._first or "Default model", self._demo),)
        names = [self._name or self._ids[0], *self._ids[1:]]
        return tuple(ModelInfo(*named, self._demo) for named in zip(self._ids, names, strict=True))

    async def resolve(self, model: str) -> str:
        """Return the server's name for a model of ours.

        Raises:
            ModelError: The server had to be asked, and can't tell.
        """
        if self._ids or model != UNNAMED:
            return model
        async with self._asking:  # Many prompts that wait for the same answer ask once.
            return self._first or (await self._list())[0]

    async def settle(self) -> None:
        """Ask the server, again and again until it answers; warn of names that it does not know.

        Some servers answer an unknown name with another model of theirs, and say nothing.
        """
        pause = self._pause
        while True:
            try:
                async with self._asking:
                    if self._first and not self._ids:
                        return  # A prompt was faster.
                    listed = await self._list()
                break
            except (*PASSING_ERRORS, ModelTimeoutError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except ModelError:
                return  # Not every server lists its models; what else is wrong, the first prompt shows.
        if unknown := [name for name in self._ids if name not in listed]:
            names = ", ".join(unknown)
            logger.warning("The model service does not list %s; it may answer with another model.", names)

    async def _list(self) -> Sequence[str]:
        listed = await self._list_ids()
        if not listed:
            raise ModelNotFoundError
        self._first = listed[0]
        return listed


def listed_ids(body: bytes) -> list[str]:
    """Return the names in an answer of ``/v1/models``; none if it is something else."""
    try:
        listed = orjson.loads(body)["data"]
        return [model["id"] for model in listed if isinstance(model["id"], str)]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return []
