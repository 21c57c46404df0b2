"""Guests: whoever has a token of ours is who it says, until it has expired."""

from typing import Any

import jwt
import pytest

from proxy_app.auth.guest import GuestAuthenticator, derive_key
from proxy_app.errors import NotAuthenticatedError
from proxy_app.ports import ConnectRequest, Identity, RefreshRequest


class Clock:
    """Unix seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_764_000_000.5

    def __call__(self) -> float:
        return self.now


def authenticator(clock: Clock, *keys: str) -> GuestAuthenticator:
    return GuestAuthenticator(keys=keys or ("k",), token_lifetime=1000, clock=clock)


async def come(guests: GuestAuthenticator, **data: object) -> Identity:
    return await guests.authenticate(ConnectRequest(data, {}))


async def test_a_new_guest_gets_a_name_of_their_own_and_a_token() -> None:
    guests = authenticator(Clock())
    one, other = await come(guests), await come(guests)

    assert one.user != other.user
    assert one.user.startswith("guest-")
    assert len(one.user) <= 64
    assert one.token is not None
    assert one.issued_at == 1_764_000_000


async def test_who_comes_back_is_the_same_and_gets_a_token_that_lasts_longer() -> None:
    clock = Clock()
    guests = authenticator(clock)
    first = await come(guests)
    clock.now += 999
    second = await come(guests, token=first.token)
    clock.now += 999
    third = await come(guests, token=second.token)

    assert first.user == second.user == third.user
    assert third.issued_at == int(clock.now) - 999


async def test_a_token_ends_at_its_second() -> None:
    clock = Clock()
    guests = authenticator(clock)
    guest = await come(guests)
    clock.now += 1000

    with pytest.raises(NotAuthenticatedError, match=r"^token expired$"):
        await come(guests, token=guest.token)


async def test_a_restart_with_the_same_key_knows_its_guests() -> None:
    guest = await come(authenticator(Clock()))

    assert (await come(authenticator(Clock()), token=guest.token)).user == guest.user


async def test_another_key_knows_nobody() -> None:
    guest = await come(authenticator(Clock()))

    with pytest.raises(NotAuthenticatedError):
        await come(authenticator(Clock(), "other"), token=guest.token)


async def test_keys_are_changed_without_losing_anybody() -> None:
    old = await come(authenticator(Clock(), "old"))
    both = authenticator(Clock(), "new", "old")
    renewed = await come(both, token=old.token)

    assert renewed.user == old.user
    # The newest signs, so that the old one can go when all have come back.
    assert (await come(authenticator(Clock(), "new"), token=renewed.token)).user == old.user
    with pytest.raises(NotAuthenticatedError):
        await come(authenticator(Clock(), "old"), token=renewed.token)


async def test_the_clock_of_the_machine_decides_nothing() -> None:
    clock = Clock()
    clock.now = 4_000_000_000
    guests = authenticator(clock)
    late = await come(guests)

    assert (await come(guests, token=late.token)).user == late.user


CLAIMS: dict[str, Any] = {"sub": "guest-1", "aud": "onesocket-guest", "iat": 1, "exp": 5_000_000_000}
KEY = b"\x00" * 32
FORGED: dict[str, object] = {
    "another key": jwt.encode(CLAIMS, KEY, algorithm="HS256"),
    "no signature": jwt.encode(CLAIMS, "", algorithm="none"),
    "another algorithm": jwt.encode(CLAIMS, KEY * 2, algorithm="HS512"),
    "no token at all": "garbage",
    "parts of nothing": "..",
    "an empty text": "",
    "no text": 7,
    "an object": {"sub": "guest-1"},
    "too long": "x" * 3000,
    "not ASCII": "é.é.é",
    "a NUL": "a\x00.b.c",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
async def test_what_we_did_not_sign_is_refused(token: object) -> None:
    with pytest.raises(NotAuthenticatedError, match=r"^unauthorized$"):
        await come(authenticator(Clock()), token=token)


WRONG: dict[str, dict[str, Any]] = {
    "for somebody else": CLAIMS | {"aud": "another-service"},
    "for nobody": {name: value for name, value in CLAIMS.items() if name != "aud"},
    "without an end": {name: value for name, value in CLAIMS.items() if name != "exp"},
    "without a beginning": {name: value for name, value in CLAIMS.items() if name != "iat"},
    "without a name": {name: value for name, value in CLAIMS.items() if name != "sub"},
    "for who is no guest": CLAIMS | {"sub": "admin"},
    "for an empty name": CLAIMS | {"sub": ""},
    "with an end that is no number": CLAIMS | {"exp": "never"},
    "for a later time": CLAIMS | {"nbf": 5_000_000_000},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
async def test_what_we_signed_for_another_purpose_is_refused(claims: dict[str, Any]) -> None:
    guests = authenticator(Clock())
    token = jwt.encode(claims, guests._keys[0], algorithm="HS256")

    with pytest.raises(NotAuthenticatedError):
        await come(guests, token=token)


async def test_guests_stay_connected_and_others_do_not() -> None:
    guests = authenticator(Clock())
    guest = await guests.refresh(RefreshRequest("guest-1", {}, issued_at=7.0))

    assert guest is not None
    assert (guest.user, guest.issued_at) == ("guest-1", 7.0)
    for other in ("admin", ""):
        assert await guests.refresh(RefreshRequest(other, {})) is None


def test_a_derived_key_tells_nothing_of_the_secret_and_stays_the_same() -> None:
    assert derive_key("a secret") == derive_key("a secret") != derive_key("another")
    assert "a secret" not in derive_key("a secret")
