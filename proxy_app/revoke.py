"""Sends a user away: what proves that somebody is them counts no more, and their connections end."""

import asyncio

import httpx2

from .adapters.centrifugo import CentrifugoApi
from .adapters.store.database import Database
from .adapters.store.revocations import SqlRevocations
from .auth.users import is_legal, user_of

_TIMEOUT = 5
"""Seconds that Centrifugo may take."""


def revoke(user: str, *, database_url: str, api_url: str, api_key: str) -> None:
    """Send ``user`` away, wherever they are connected; their id is the login hook's or the chat's.

    Raises:
        PublishError: Centrifugo can't be asked; they are not let in again, but stay until the next refresh.
        UnavailableError: The database is away.
    """
    asyncio.run(_revoke(user, database_url, api_url, api_key))


async def _revoke(user: str, database_url: str, api_url: str, api_key: str) -> None:
    database = Database(database_url, connections=1)
    try:
        async with httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            centrifugo = CentrifugoApi(client, api_url=api_url, api_key=api_key)
            for known in sorted({user_of(user), *([user] if is_legal(user) else [])}):
                # In this order: who is disconnected first might be back before the door is closed.
                await SqlRevocations(database).revoke(known)
                await centrifugo.disconnect(known)
    finally:
        await database.close()
