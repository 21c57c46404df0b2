"""A hook of one's own: sessions in a table that an application of yours fills.

``CHAT_AUTH=examples.own_hook.login:sessions`` asks it; ``SESSIONS_DATABASE`` names the SQLite file::

    CREATE TABLE sessions (id TEXT PRIMARY KEY, user TEXT NOT NULL, name TEXT, ends_at INTEGER NOT NULL)
"""

import os
import sqlite3
import time
from http.cookies import CookieError, SimpleCookie
from types import TracebackType

import aiosqlite

from proxy_app.errors import NotAuthenticatedError, UnavailableError
from proxy_app.ports import ConnectRequest, Identity, RefreshRequest


class Sessions:
    """Know users by their session; the service opens it at its start, and closes it at its end."""

    def __init__(self) -> None:
        self._database: aiosqlite.Connection | None = None

    async def __aenter__(self) -> "Sessions":
        self._database = await aiosqlite.connect(os.environ["SESSIONS_DATABASE"])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._database is not None:
            await self._database.close()

    async def authenticate(self, request: ConnectRequest) -> Identity:
        """Return whose session the visitor's cookie names."""
        try:
            cookie = SimpleCookie(request.headers.get("cookie", "")).get("session")
        except CookieError:
            cookie = None
        identity = await self._find(cookie.value if cookie else "")
        if identity is None:
            # The connection is refused for good.
            raise NotAuthenticatedError("unauthorized")
        return identity

    async def refresh(self, request: RefreshRequest) -> Identity | None:
        """Look again every `CHAT_CONNECTION_LIFETIME` seconds; ``None`` ends the connection."""
        return await self._find(str(request.kept["session"]))

    async def _find(self, session: str) -> Identity | None:
        query = "SELECT user, name, ends_at FROM sessions WHERE id = ? AND ends_at > ?"
        if self._database is None:
            raise UnavailableError("The login is not there yet. Try again soon.")
        try:
            async with self._database.execute(query, (session, int(time.time()))) as rows:
                row = await rows.fetchone()
        except sqlite3.Error as exc:
            # The client tries again; who is connected stays for the time being.
            raise UnavailableError("The login does not answer. Try again soon.") from exc
        if row is None:
            return None
        user, name, ends_at = row
        # What is kept comes back at a refresh; browsers never see it.
        return Identity(user, name=name, expires_at=ends_at, kept={"session": session})


sessions = Sessions()
