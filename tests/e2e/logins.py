"""The logins of ``examples/`` as processes, and the settings of ``docs/authentication.md`` as they stand."""

import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from proxy_app.launcher.scale_programs import nginx_command
from tests.stack.needs import need_programs
from tests.stack.processes import PROJECT, Child, unused_ports

DOCUMENT = PROJECT / "docs" / "authentication.md"


def documented(heading: str, number: int = 0) -> dict[str, str]:
    """Return the variables of a block of settings under a heading."""
    _, _, below = DOCUMENT.read_text().partition(f"\n## {heading}\n")
    section = below.partition("\n## ")[0]
    block = re.findall(r"```ini\n(.*?)```", section, re.DOTALL)[number]
    return dict(line.split("=", 1) for line in block.splitlines())


@asynccontextmanager
async def example(name: str, folder: Path, health: str) -> AsyncIterator[str]:
    """Run an example that serves HTTP; return its address."""
    (port,) = unused_ports(1)
    address = f"127.0.0.1:{port}"
    command = [sys.executable, str(PROJECT / "examples" / name), "--port", str(port)]
    child = Child(name, command, {}, f"http://{address}{health}", folder / "example.log")
    try:
        await child.start()
        yield address
    finally:
        await child.stop()


@asynccontextmanager
async def example_nginx(
    folder: Path, *, page_url: str, centrifugo_url: str, application: str, root: Path
) -> AsyncIterator[None]:
    """Run nginx with the example's configuration, where everything is elsewhere."""
    need_programs("nginx")
    command = _nginx_command(folder, page_url, centrifugo_url, application, root)
    child = Child("nginx", command, {}, f"{page_url}/login", folder / "nginx.log")
    try:
        await child.start()
        yield
    finally:
        await child.stop()


def _nginx_command(
    folder: Path, page_url: str, centrifugo_url: str, application: str, root: Path
) -> list[str]:
    text = (PROJECT / "examples" / "cookie_session" / "nginx.conf").read_text()
    told = {
        "127.0.0.1:8088": f"127.0.0.1:{page_url.rpartition(':')[2]}",
        "127.0.0.1:8000": centrifugo_url.split("/")[2],
        "127.0.0.1:3000": application,
        "frontend/dist": str(root),
    }
    for documented_place, place in told.items():
        assert documented_place in text
        text = text.replace(documented_place, place)
    folder.chmod(0o755)  # Where we are root, its workers are somebody else.
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    return [str(word) for word in nginx_command(folder, configuration)]


async def log_in(page_url: str, name: str, password: str) -> str:
    """Log in as a browser does; return the cookie."""
    async with aiohttp.ClientSession() as http:
        fields = {"name": name, "password": password}
        async with http.post(f"{page_url}/login", data=fields, allow_redirects=False) as answer:
            assert answer.status == 303, answer.status
            return f"session={answer.cookies['session'].value}"


async def token_for(address: str, user: str, **fields: str) -> str:
    """Get a token from the identity provider."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://{address}/token", data={"user": user, **fields}) as answer,
    ):
        token: str = (await answer.json())["token"]
        return token
