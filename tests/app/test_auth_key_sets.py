"""Key sets: fetched when they are needed, not more often, and from nowhere else than the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from proxy_app.auth.fetching import Fetcher
from proxy_app.auth.keys import KeySet
from proxy_app.errors import NotAuthenticatedError, UnavailableError
from tests.unit.signing import Signer, signer

OLD, NEW = signer("RS256", "old"), signer("RS256", "new")


@dataclass(slots=True)
class Provider:
    """An identity provider whose keys and whose moods change, and a clock."""

    keys: list[Any] = field(default_factory=lambda: [OLD.jwk])
    answer: web.Response | None = None
    asked: list[str] = field(default_factory=list)
    now: float = 1000.0
    set: Any = None

    def knows(self, *signers: Signer) -> None:
        """Publish these keys."""
        self.keys = [each.jwk for each in signers]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a question for keys."""
        self.asked.append(request.path)
        return self.answer or web.json_response({"keys": self.keys})

    async def find(self, kid: object = "old", algorithm: str = "RS256") -> Any:
        """Ask the set for a key."""
        return await self.set.find(kid, algorithm)


@asynccontextmanager
async def opened() -> AsyncIterator[Provider]:
    """Start a provider, and a set that asks it."""
    provider = Provider()
    app = web.Application()
    app.router.add_get("/{tail:.*}", provider.handle)
    async with TestServer(app) as server, httpx2.AsyncClient(trust_env=False) as client:
        fetcher = Fetcher(client, timeout=1, limit=100_000)
        url = str(server.make_url("/keys"))
        provider.set = KeySet(fetcher, url, lifetime=300, clock=lambda: provider.now)
        yield provider


async def test_keys_are_fetched_once_and_again_when_they_are_old() -> None:
    async with opened() as provider:
        for _ in range(3):
            assert (await provider.find()).key_id == "old"
        assert len(provider.asked) == 1
        provider.now += 300
        await provider.find()
        assert len(provider.asked) == 2


async def test_a_new_key_is_found_at_once() -> None:
    async with opened() as provider:
        await provider.find()
        provider.knows(OLD, NEW)
        provider.now += 11
        assert (await provider.find("new")).key_id == "new"
        # The old one goes when the provider takes it away, and the set is old.
        provider.knows(NEW)
        provider.now += 300
        with pytest.raises(NotAuthenticatedError):
            await provider.find("old")


async def test_made_up_names_do_not_make_us_ask_all_the_time() -> None:
    async with opened() as provider:
        await provider.find()
        for number in range(50):
            # It might be a new one: that can't be told before it may be asked again.
            provider.now += 0.1
            with pytest.raises(UnavailableError):
                await provider.find(f"forged-{number}")
        assert len(provider.asked) == 1
        provider.now += 10
        for number in range(50):
            with pytest.raises((NotAuthenticatedError, UnavailableError)):
                await provider.find(f"forged-{number}")
        assert len(provider.asked) == 2


BROKEN: dict[str, Any] = {
    "an error": lambda: web.Response(status=500),
    "HTML": lambda: web.Response(text="<h1>Keys</h1>"),
    "a list": lambda: web.json_response([]),
    "no list": lambda: web.json_response({"keys": {}}),
    "too many": lambda: web.json_response({"keys": [{}] * 101}),
    "too much": lambda: web.Response(body=b" " * 100_001),
    "without an end": lambda: web.Response(body=b"[" * 90_000),
    "a redirect": lambda: web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"}),
    "a redirect within": lambda: web.Response(status=307, headers={"Location": "/elsewhere"}),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_provider_that_is_ill_leaves_it_in_doubt(answer: Any) -> None:
    async with opened() as provider:
        provider.answer = answer()
        with pytest.raises(UnavailableError, match="can't check who you are"):
            await provider.find()
        assert provider.asked == ["/keys"]


async def test_known_keys_serve_for_a_while_when_there_are_no_newer_ones() -> None:
    async with opened() as provider:
        await provider.find()
        provider.answer = web.Response(status=500)
        provider.now += 300
        assert (await provider.find()).key_id == "old"
        provider.now += 3600
        with pytest.raises(UnavailableError):
            await provider.find()


SMALL = {
    "kty": "RSA",
    "kid": "old",
    "e": "AQAB",
    "n": "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXbo",
}
UNUSABLE: dict[str, Any] = {
    "a shared secret": {"kty": "oct", "kid": "old", "k": "c2VjcmV0LXRoYXQtaXMtcHVibGljLW5vdw"},
    "a key for encryption": OLD.jwk | {"use": "enc"},
    "a key for another algorithm": OLD.jwk | {"alg": "RS512"},
    "a key of another kind": signer("ES256", "old").jwk | {"alg": "RS256"},
    "a small key": SMALL,
    "a key without its parts": {"kty": "RSA", "kid": "old"},
    "no object": "old",
    "a name that is no text": OLD.jwk | {"kid": ["old"]},
}


@pytest.mark.parametrize("key", UNUSABLE.values(), ids=UNUSABLE)
async def test_a_key_that_verifies_nothing_is_none(key: Any) -> None:
    async with opened() as provider:
        provider.keys = [key, NEW.jwk]
        with pytest.raises(NotAuthenticatedError):
            await provider.find("old")
        # The others are none the worse.
        assert (await provider.find("new")).key_id == "new"


async def test_a_token_that_names_no_key_has_the_only_one() -> None:
    async with opened() as provider:
        assert (await provider.find(None)).key_id == "old"
        provider.knows(OLD, NEW)
        provider.now += 300
        with pytest.raises(NotAuthenticatedError):
            await provider.find(None)
