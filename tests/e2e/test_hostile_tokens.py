"""Guests' tokens: forged, altered, expired, made for something else, used again."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from proxy_app.auth.guest import derive_key
from tests.client import RawConnection
from tests.stack import Stack

from .hostile import Victim

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]


def encoded(value: object) -> str:
    """Return one part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Forger:
    """Somebody who holds a token, and in some cases even the key."""

    def __init__(self, stack: Stack, token: str) -> None:
        self.token = token
        self.head, self.body, self.signature = token.split(".")
        self.headers: Json = jwt.get_unverified_header(token)
        self.claims: Json = jwt.decode(token, options={"verify_signature": False})
        self.key = hashlib.sha256(derive_key(stack.centrifugo.proxy_secret).encode()).digest()

    def signed(self, *, key: bytes | None = None, algorithm: str = "HS256", **claims: object) -> str:
        """Sign claims, by default with the right key; ``...`` leaves one out."""
        told = {name: value for name, value in (self.claims | claims).items() if value is not ...}
        head = {name: value for name, value in self.headers.items() if name not in {"alg", "typ"}}
        return jwt.encode(told, self.key if key is None else key, algorithm=algorithm, headers=head)

    def unsigned(self, algorithm: str, **claims: object) -> str:
        """Say that no signature is needed."""
        return f"{encoded(self.headers | {'alg': algorithm})}.{encoded(self.claims | claims)}."


FORGED: dict[str, Callable[[Forger, str], object]] = {
    "no signature": lambda forger, _: f"{forger.head}.{forger.body}.",
    "no signature and no full stop": lambda forger, _: f"{forger.head}.{forger.body}",
    "another's signature": lambda forger, victim: (
        f"{forger.head}.{encoded(forger.claims | {'sub': victim})}.{forger.signature}"
    ),
    "a signature cut short": lambda forger, _: forger.token[:-4],
    "a signature with a character changed": lambda forger, _: forger.token[:-10] + "AAAA" + forger.token[-6:],
    "a signature with more behind it": lambda forger, _: f"{forger.token}AAAA",
    "five parts": lambda forger, _: f"{forger.token}.a.b",
    "algorithm none": lambda forger, victim: forger.unsigned("none", sub=victim),
    "algorithm None": lambda forger, victim: forger.unsigned("None", sub=victim),
    "algorithm NONE": lambda forger, victim: forger.unsigned("NONE", sub=victim),
    "algorithm empty": lambda forger, victim: forger.unsigned("", sub=victim),
    "algorithm none with a signature": lambda forger, victim: (
        forger.unsigned("none", sub=victim) + forger.signature
    ),
    "algorithm HS512": lambda forger, _: forger.signed(algorithm="HS512", key=forger.key * 2),
    "another key": lambda forger, victim: forger.signed(key=b"k" * 32, sub=victim),
    "the key of the API": lambda forger, victim: forger.signed(key=hashlib.sha256(b"").digest(), sub=victim),
    "a key of zeroes": lambda forger, victim: forger.signed(key=bytes(32), sub=victim),
    "a key named in the head": lambda forger, _: (
        f"{encoded(forger.headers | {'jwk': {'kty': 'oct', 'k': 'AAAA'}})}.{forger.body}.AAAA"
    ),
    "a key to be read from a file": lambda forger, _: (
        f"{encoded(forger.headers | {'kid': '../../../dev/null'})}.{forger.body}.AAAA"
    ),
    "expired": lambda forger, _: forger.signed(exp=int(time.time()) - 1, iat=int(time.time()) - 60),
    "expired long ago": lambda forger, _: forger.signed(exp=1),
    "no expiry": lambda forger, _: forger.signed(exp=...),
    "an expiry that is text": lambda forger, _: forger.signed(exp="4000000000"),
    "an expiry beyond every clock": lambda forger, _: forger.signed(exp=1e400),
    "an expiry that is no number": lambda forger, _: forger.signed(exp=None),
    "another audience": lambda forger, _: forger.signed(aud="somebody-else"),
    "no audience": lambda forger, _: forger.signed(aud=...),
    "no user": lambda forger, _: forger.signed(sub=...),
    "an empty user": lambda forger, _: forger.signed(sub=""),
    "a user that is no guest": lambda forger, _: forger.signed(sub="admin"),
    "nothing": lambda *_: "",
    "full stops": lambda *_: "..",
    "a blank": lambda *_: " ",
    "NUL": lambda *_: "\0",
    "a very long text": lambda *_: "a" * 100_000,
    "a very long token": lambda forger, _: f"{forger.head}.{'A' * 50_000}.{forger.signature}",
    "a number": lambda *_: 7,
    "true": lambda *_: True,
    "a list": lambda forger, _: [forger.token],
    "an object": lambda forger, _: {"token": forger.token},
    "bytes of another script": lambda *_: "токен.токен.токен",
    "an unpaired surrogate": lambda *_: "\ud800.\ud800.\ud800",
}
"""What nobody may be let in with, made of one's own token and another's name."""


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token_is_refused_for_good(stack: Stack, name: str) -> None:
    async with RawConnection.open(stack.url) as own, RawConnection.open(stack.url) as victim:
        forger = Forger(stack, own.welcome["token"])
        token = FORGED[name](forger, victim.welcome["user"])

    async with RawConnection.open(stack.url, connect=False) as raw:
        await raw.frame(json.dumps({"id": 1, "connect": {"data": {"v": 1, "token": token}}}))
        code, reason = await raw.closed()

    assert 4500 <= (code or 0) < 5000, raw.replies
    assert reason in {"unauthorized", "token expired"}


async def test_what_the_forger_makes_with_the_right_key_is_a_token(stack: Stack) -> None:
    # Else the refusals above would say nothing about what is in a token.
    async with RawConnection.open(stack.url) as raw:
        forger = Forger(stack, raw.welcome["token"])
    for token in (forger.signed(), forger.signed(exp=int(time.time()) + 60)):
        async with RawConnection.open(stack.url, {"v": 1, "token": token}) as again:
            assert again.welcome["user"] == raw.welcome["user"]


async def test_a_replayed_token_is_its_guest_and_nobody_else(stack: Stack) -> None:
    async with stack.client() as client:
        victim = await Victim.of(client)
        old = client.token
        for _ in range(3):
            async with stack.client(old) as again:
                assert again.welcome["user"] == client.welcome["user"]
        async with stack.client() as other:
            assert other.welcome["user"] != client.welcome["user"]
            assert await other.rpc("chat:conversations", {}) == {"conversations": [], "next": None}
        await victim.assert_untouched()


async def test_a_token_within_another_is_not_looked_at(stack: Stack) -> None:
    async with RawConnection.open(stack.url) as victim:
        token = victim.welcome["token"]
    data = {
        "v": 1,
        "Token": token,
        "data": {"token": token},
        "tokens": [token],
        "__proto__": {"token": token},
    }
    async with RawConnection.open(stack.url, data) as raw:
        assert raw.welcome["user"] != victim.welcome["user"]
