"""Sends a user away: what proves that somebody is them counts no more, and their connections end."""

import asyncio

import httpx2

from .adapters.centrifugo import CentrifugoApi
from .adapters.store.database import Database
from .adapters.store.revocations import SqlRevocations
from .auth.users import is_legal, user_of
from .settings import Settings


def revoke(settings: Settings, user: str) -> None:
    """Send ``user`` away, wherever they are connected.

    Args:
        settings: Where the database and Centrifugo are.
        user: Their id as the login hook or as the chat knows it.

    Raises:
        PublishError: Centrifugo can't be asked; they are not let in again, but stay until the next refresh.
        UnavailableError: The database is away.
    """
    asyncio.run(_revoke(settings, user))


async def _revoke(settings: Settings, user: str) -> None:
    database = Database(settings.database_url, connections=1)
    try:
        async with httpx2.AsyncClient(timeout=settings.centrifugo_timeout, trust_env=False) as client:
            key = settings.centrifugo_api_key.get_secret_value()
            centrifugo = CentrifugoApi(client, api_url=settings.centrifugo_api_url, api_key=key)
            for known in sorted({user_of(user), *([user] if is_legal(user) else [])}):
                # In this order: who is disconnected first might be back before the door is closed.
                await SqlRevocations(database).revoke(known)
                await centrifugo.disconnect(known)
    finally:
        await database.close()
