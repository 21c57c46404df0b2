"""A wire between the page and Centrifugo that can be cut, or go dead without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from proxy_app.launcher.page import create_page_app
from tests.stack import Stack
from tests.stack.processes import unused_ports

_PIECE = 65536


class Wire:
    """Passes bytes on between clients and a port of this machine, as long as it is whole."""

    def __init__(self, page_url: str, port: int, origin: str) -> None:
        self.page_url = page_url
        """The page whose connections go through here."""
        self.connections = 0
        """How many were made so far."""
        self._target = port
        self._origins = (f"Origin: {page_url}".encode(), f"Origin: {origin}".encode())
        self._whole = asyncio.Event()
        self._whole.set()
        self._refuses = False
        self._ends: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Break every connection, and refuse new ones: both sides know that the network is gone."""
        self._refuses = True
        for end in self._ends:
            end.transport.abort()

    def hush(self) -> None:
        """Let nothing through in either direction, and tell nobody; it is kept, as TCP would repeat it."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything through again."""
        self._refuses = False
        self._whole.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one client and the server say, until one of them ends."""
        if self._refuses:
            writer.transport.abort()
            return
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        ends = {writer, far_writer}
        self._ends |= ends
        try:
            with suppress(ConnectionError):
                # Centrifugo knows one page only: this one looks like it.
                far_writer.write((await reader.readuntil(b"\r\n\r\n")).replace(*self._origins))
                await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            await self._whole.wait()
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError("one side has ended")


@asynccontextmanager
async def wired_page(stack: Stack, page: Path) -> AsyncIterator[Wire]:
    """Serve the page once more, with a wire between it and Centrifugo, while the block lasts."""
    port = urlsplit(stack.url).port
    (page_port,) = unused_ports(1)
    assert port is not None
    wire = Wire(f"http://localhost:{page_port}", port, stack.page_url)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    near: int = server.sockets[0].getsockname()[1]
    runner = web.AppRunner(create_page_app(page, centrifugo_port=near), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", page_port).start()
    try:
        yield wire
    finally:
        await runner.cleanup()
        wire.cut()
        server.close()
