"""Stops that reach their run in another replica at once: PostgreSQL's ``LISTEN`` and ``NOTIFY``.

They are sent with the transaction that records the stop, and may be lost; renewing the leases is the net.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import asyncpg
from sqlalchemy import make_url

STOP_CHANNEL = "onesocket_stop"
"""PostgreSQL's channel on which the ids of stopped runs are told."""

_log = logging.getLogger(__name__)

_NOT_THE_DRIVERS = (
    "async_fallback",
    "async_creator_fn",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
)
"""Words of a database URL that SQLAlchemy keeps to itself."""
_PAUSES = (0.2, 5.0)
"""Seconds before the first and the later attempts to listen again."""
_LIVENESS = 5.0
"""Seconds between two looks at whether the connection is alive."""


class StopSignals:
    """Listen on a connection of its own, and tell ``stop`` the id of every run that was stopped."""

    def __init__(self, database_url: str, stop: Callable[[str], None]) -> None:
        url = make_url(database_url)
        # The same words mean the same here as for the other connections, those about TLS among them.
        _, self._arguments = url.get_dialect()().create_connect_args(url)
        for name in _NOT_THE_DRIVERS:
            self._arguments.pop(name, None)
        self._stop = stop

    async def run(self) -> None:
        """Listen, and begin again when the connection breaks; the task that runs this owns it."""
        pause = _PAUSES[0]
        while True:
            began = time.monotonic()
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
                _log.warning("Stops of other replicas come late for now: %s", type(exc).__name__)
            # A connection that was well for a while is no failed attempt.
            pause = _PAUSES[0] if time.monotonic() - began > _LIVENESS else min(pause * 2, _PAUSES[1])
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(**{"timeout": 5, **self._arguments})
        try:
            await connection.add_listener(STOP_CHANNEL, self._heard)
            while True:
                await asyncio.sleep(_LIVENESS)
                await connection.execute("SELECT 1", timeout=5)
        finally:
            connection.terminate()

    def _heard(self, _connection: Any, _process: int, _channel: str, run: Any) -> None:
        self._stop(str(run))
