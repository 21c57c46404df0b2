"""The key of tokens in a file, which whoever rotates keys replaces while the service runs."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .keys import OneKey

_log = logging.getLogger(__name__)

_PAUSE = 1
"""Seconds between two looks at the file at least, however many tokens come."""
_LARGEST = 65_536
"""Bytes that a file with one key may have."""

Stamp = tuple[int, int, int]
"""What differs when a file is another one: its number, when it was changed, its size."""


class KeyFile:
    """The key in a file, read again when the file has changed; ``clock`` returns seconds.

    A file that is gone or broken leaves the key that was there before.
    """

    def __init__(self, path: Path, algorithms: tuple[str, ...], *, clock: Callable[[], float]) -> None:
        """Read the key.

        Raises:
            SettingsError: There is none in the file, or it does not fit an algorithm.
        """
        self._path = path
        self._algorithms = algorithms
        self._clock = clock
        self._looked_at = clock()
        self._stamp = _stamp(path)
        self._key = self._read()

    async def find(self, kid: object, algorithm: str, /) -> Any:
        """Return the key."""
        if self._clock() - self._looked_at >= _PAUSE:
            self._look()
        return await self._key.find(kid, algorithm)

    def _look(self) -> None:
        self._looked_at = self._clock()
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        # Whatever comes of it: the same file is not read, and not complained about, a second time.
        self._stamp = stamp
        try:
            self._key = self._read()
        except SettingsError as exc:
            _log.error("CHAT_AUTH_JWT_KEY_FILE has changed, and the key from before stays: %s", exc)
        else:
            _log.info("CHAT_AUTH_JWT_KEY_FILE has changed, and its key was taken")

    def _read(self) -> OneKey:
        try:
            with self._path.open("rb") as file:
                text = file.read(_LARGEST + 1)
            if len(text) > _LARGEST:
                raise SettingsError(f"CHAT_AUTH_JWT_KEY_FILE has more than {_LARGEST} bytes.")
            return OneKey(text.decode().strip(), self._algorithms)
        except (OSError, ValueError) as exc:
            raise SettingsError(f"CHAT_AUTH_JWT_KEY_FILE can't be read: {type(exc).__name__}.") from exc


def _stamp(path: Path) -> Stamp | None:
    """Return what the file is at the moment; ``None`` if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
