"""A private PostgreSQL: a data directory of its own, an unused loopback port, and its end with the block."""

import asyncio
import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil  # type: ignore[import-untyped]

from proxy_app.launcher.scale_programs import (
    database_url,
    database_user,
    initdb_command,
    postgresql_command,
)

from .needs import need_programs
from .processes import Child, inherited_environment, unused_ports

SETTINGS = {
    # What a process wrote survives it; only a machine that loses power would lose it.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "150",
}


class PostgreSQL(Child):
    """A server that tests may kill, stop, pause and start again on its port, with its data."""

    def __init__(self, data: Path, port: int, password: str, log: Path) -> None:
        command = [str(word) for word in postgresql_command(data, port, **SETTINGS)]
        super().__init__("PostgreSQL", command, {}, f"127.0.0.1:{port}", log)
        self.port = port
        self.url = database_url(port, password)
        """What the service is told as ``CHAT_DATABASE_URL``."""
        self._password = password
        self._data = data

    def _open(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=self._data,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=database_user(),
            )

    async def is_well(self) -> bool:
        """Tell whether it answers a query now."""
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return await self.fetch("SELECT 1") != []
        return False

    async def fetch(self, query: str, *arguments: object, database: str = "postgres") -> list[Any]:
        """Return the rows of a query, asked on a connection of its own."""
        connection = await asyncpg.connect(self.dsn(database), timeout=5)
        try:
            return await connection.fetch(query, *arguments, timeout=30)
        finally:
            with suppress(Exception):
                await connection.close(timeout=5)

    async def new_database(self) -> str:
        """Make an empty database, and return the URL that the service is told."""
        name = f"chat_{secrets.token_hex(6)}"
        await self.fetch(f"CREATE DATABASE {name}")
        return self.url.removesuffix("postgres") + name

    def dsn(self, database: str = "postgres") -> str:
        """Return the address of a database, as asyncpg wants it."""
        return self.url.removesuffix("postgres").replace("+asyncpg", "") + database

    async def stop(self) -> int:
        """End it as an operator does: whoever is connected is disconnected (a fast shutdown)."""
        if not await self.alive():
            return 0
        await self.resume()
        os.kill(self.pid, signal.SIGINT)
        return await self.until_gone()

    async def kill(self) -> None:
        """End all its processes with SIGKILL, as a crash does."""
        processes = self._processes()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        await self.until_gone()
        await asyncio.to_thread(psutil.wait_procs, processes[1:], 10)

    async def pause(self) -> None:
        """Freeze all its processes: connections stay open and nobody answers."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    async def resume(self) -> None:
        """Let it go on after a pause."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def _processes(self) -> list[psutil.Process]:
        """The server itself, then those that serve its connections."""
        parent = psutil.Process(self.pid)
        return [parent, *parent.children(recursive=True)]


@asynccontextmanager
async def open_postgresql() -> AsyncIterator[PostgreSQL]:
    """Make an empty server and start it; it ends, and its data goes, with the block."""
    need_programs("postgres")
    user = database_user()
    # Not below another temporary folder, which is ours alone: the server runs as another user than root.
    with tempfile.TemporaryDirectory(prefix="chat-postgresql-") as name:
        folder = Path(name)
        password = secrets.token_urlsafe(24)
        password_file = folder / "password"
        password_file.write_text(password)
        if user is not None:
            os.chown(folder, user, -1)
            os.chown(password_file, user, -1)
        await asyncio.to_thread(
            subprocess.run,
            [*initdb_command(folder / "data", password_file), "--no-sync"],
            cwd=folder,
            env=inherited_environment(),
            user=user,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        (port,) = unused_ports(1)
        server = PostgreSQL(folder / "data", port, password, folder / "log")
        try:
            await server.start()
            yield server
        finally:
            await server.stop()
