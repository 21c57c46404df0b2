"""A private nginx with the configuration of ``make scale``: it balances both sides of a cluster."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from proxy_app.launcher.scale_nginx import Balanced, nginx_configuration
from proxy_app.launcher.scale_programs import nginx_command

from .needs import need_programs
from .processes import Child


@asynccontextmanager
async def open_nginx(ports: Balanced, page: Path | None = None) -> AsyncIterator[Child]:
    """Start nginx; what it balances need not be there yet. It ends with the block."""
    need_programs("nginx")
    with tempfile.TemporaryDirectory(prefix="chat-nginx-") as name:
        server = Nginx(Path(name), ports, page)
        try:
            await server.start()
            yield server
        finally:
            await server.stop()


class Nginx(Child):
    """nginx, which is well when its port is open: what it says depends on who is behind it."""

    def __init__(self, folder: Path, ports: Balanced, page: Path | None) -> None:
        folder.chmod(0o755)  # Where we are root, its workers are somebody else.
        configuration = folder / "nginx.conf"
        configuration.write_text(nginx_configuration(ports, folder, page))
        command = [str(word) for word in nginx_command(folder, configuration)]
        super().__init__("nginx", command, {}, f"127.0.0.1:{ports.page}", folder / "nginx.log")

    async def is_well(self) -> bool:
        """Tell whether somebody accepts connections."""
        host, _, port = self._health.rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return False
        writer.close()
        return True
