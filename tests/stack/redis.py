"""A private Redis: a folder of its own, an unused loopback port, and its end with the block."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from proxy_app.launcher.scale_programs import redis_command, redis_configuration

from .needs import need_programs
from .processes import Child, unused_ports


class Redis(Child):
    """A server that tests may kill, stop, pause and start again on its port; it keeps what it holds."""

    def __init__(self, folder: Path, port: int, password: str) -> None:
        configuration = folder / "redis.conf"
        configuration.write_text(redis_configuration(port, password))
        command = [str(word) for word in redis_command(folder, configuration)]
        super().__init__("Redis", command, {}, f"127.0.0.1:{port}", folder / "redis.log")
        self.port = port
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"
        """What Centrifugo is told as ``CENTRIFUGO_ENGINE_REDIS_ADDRESS``."""
        self._password = password
        self._folder = folder

    async def is_well(self) -> bool:
        """Tell whether it answers a ping now."""
        return await self.command("PING") == b"+PONG"

    async def command(self, *words: str) -> bytes:
        """Say one command on a connection of its own; return the first line of the answer, or nothing."""
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(_encoded("AUTH", self._password) + _encoded(*words))
                    if await reader.readline() != b"+OK\r\n":
                        return b""
                    return (await reader.readline()).rstrip()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return b""

    async def forget(self) -> None:
        """Lose everything, as a server does that had no disk: histories and epochs are gone."""
        assert await self.command("FLUSHALL") == b"+OK"


@asynccontextmanager
async def open_redis() -> AsyncIterator[Redis]:
    """Start an empty server; it ends, and its data goes, with the block."""
    need_programs("redis-server")
    with tempfile.TemporaryDirectory(prefix="chat-redis-") as folder:
        (port,) = unused_ports(1)
        server = Redis(Path(folder), port, secrets.token_urlsafe(24))
        try:
            await server.start()
            yield server
        finally:
            await server.stop()


def _encoded(*words: str) -> bytes:
    parts = b"".join(b"$%d\r\n%b\r\n" % (len(data := word.encode()), data) for word in words)
    return b"*%d\r\n" % len(words) + parts
