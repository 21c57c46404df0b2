"""``python -m proxy_app serve`` as a test sees it: a process, its database file and its proxy endpoints."""

import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from .processes import Child


class Service:
    """The real service as a child process, with a SQLite file of its own."""

    def __init__(
        self,
        url: str,
        environment: Mapping[str, str],
        directory: Path,
        *,
        module: Sequence[str] = ("proxy_app",),
    ) -> None:
        """Run it as ``python -m MODULE… serve``."""
        self.url = url
        self.database = directory / "chat.sqlite3"
        self.process = Child(
            "proxy_app",
            [sys.executable, "-m", *module, "serve"],
            {
                "CHAT_DATABASE_URL": f"sqlite+aiosqlite:///{self.database}",
                "CHAT_TITLES": "false",  # Tests count what the upstream is asked.
                **environment,
            },
            f"{url}/health",
            directory / "proxy_app.log",
        )

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Call a proxy endpoint as it is; return the status and the body, parsed where it is JSON."""
        limit = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=limit) as http,
            http.post(f"{self.url}{path}", data=BytesIO(body), headers=dict(headers)) as answer,
        ):
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()

    def rows(self) -> dict[str, int]:
        """Return how many rows each table holds: what was stored, seen from outside."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            tables = database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            return {
                name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables
            }

    def grown_since(self, before: Mapping[str, int]) -> dict[str, int]:
        """Return by how many rows each table has changed, those without change left out."""
        now = self.rows()
        return {name: now[name] - count for name, count in before.items() if now[name] != count}
