"""JSON Web Tokens: whoever the provider signed for is let in, and nobody else, whatever they make up."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest

from proxy_app.auth.json_web_tokens import TokenAuthenticator, TokenRules
from proxy_app.auth.keys import OneKey
from proxy_app.core.quotas import Limits
from proxy_app.errors import NotAuthenticatedError, SettingsError
from proxy_app.ports import ConnectRequest, Identity, RefreshRequest

from .signing import AUDIENCE, ISSUER, claims, signer

SECRET = "a-shared-secret-of-32-characters-and-more"


def authenticator(key: str, *algorithms: str, **rules: Any) -> TokenAuthenticator:
    told: dict[str, Any] = {"issuer": ISSUER, "audience": (AUDIENCE,), "leeway": 5, **rules}
    return TokenAuthenticator(OneKey(key, algorithms), TokenRules(algorithms, **told))


RSA = signer("RS256")


def by_rsa(**rules: Any) -> TokenAuthenticator:
    return authenticator(RSA.pem, "RS256", **rules)


async def come(door: TokenAuthenticator, token: object, **headers: str) -> Identity:
    return await door.authenticate(ConnectRequest({"token": token}, headers))


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_who_the_provider_signed_for_is_let_in(algorithm: str) -> None:
    key = signer(algorithm)
    token = key.token(name="Ada L.", limits={"runs": 2, "what": "else"})
    identity = await come(authenticator(key.pem, algorithm), token)

    assert (identity.user, identity.name, identity.limits) == ("ada", "Ada L.", Limits(runs=2))
    # The token's end is the connection's, give or take what clocks may differ.
    assert identity.until is not None
    assert time.time() + 300 < identity.until <= time.time() + 305
    assert identity.issued_at is not None
    assert abs(identity.issued_at - time.time()) < 2


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_a_shared_secret_does_too(algorithm: str) -> None:
    secret = SECRET * 2
    identity = await come(authenticator(secret, algorithm), jwt.encode(claims(), secret, algorithm=algorithm))

    assert identity.user == "ada"


async def test_a_token_that_does_not_say_when_it_was_made_is_older_than_any_revocation() -> None:
    assert (await come(by_rsa(), RSA.token(iat=None))).issued_at == 0


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed_by_hand(header: dict[str, Any], key: bytes, body: object = None) -> str:
    """Sign with HMAC whatever a library would refuse to."""
    text = f"{part(header)}.{part(claims() if body is None else body)}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def cut(token: str) -> str:
    head, _, tail = token.rpartition(".")
    return f"{head}.{tail[:-8]}"


def swapped(token: str) -> str:
    """Return a token that says something else than what was signed."""
    head, _, signature = token.split(".")
    return f"{head}.{part(claims(sub='admin'))}.{signature}"


NOW = int(time.time())
HOSTILE: dict[str, Any] = {
    "no signature": lambda: jwt.encode(claims(), "", algorithm="none"),
    "none in capitals": lambda: f"{part({'alg': 'NONE'})}.{part(claims())}.",
    "none with a signature": lambda: f"{part({'alg': 'none'})}.{part(claims())}.AAAA",
    "the public key as a shared secret": lambda: signed_by_hand({"alg": "HS256"}, RSA.pem.encode()),
    "the public key, stripped, as a shared secret": lambda: signed_by_hand(
        {"alg": "HS256"}, RSA.pem.strip().encode()
    ),
    "an empty shared secret": lambda: signed_by_hand({"alg": "HS256"}, b""),
    "an algorithm that is not allowed": lambda: signer("PS256").token(),
    "another key of the same kind": lambda: signer("RS256", "other").token(),
    "a key that it brings along": lambda: signer("RS256", "other").token(
        {"jwk": signer("RS256", "other").jwk}
    ),
    "a place where its key is": lambda: signer("RS256", "other").token({"jku": "http://127.0.0.1:1/keys"}),
    "a kid that is a path": lambda: signer("RS256", "other").token({"kid": "../../../../dev/null"}),
    "an extension that is critical": lambda: RSA.token({"crit": ["exp"]}),
    "a body beside": lambda: RSA.token({"b64": False, "crit": ["b64"]}),
    "an algorithm that is a list": lambda: f"{part({'alg': ['RS256']})}.{part(claims())}.AAAA",
    "no algorithm": lambda: f"{part({})}.{part(claims())}.AAAA",
    "a header that is no object": lambda: f"{part([1])}.{part(claims())}.AAAA",
    "a header without an end": lambda: f"{'[' * 4000}.{part(claims())}.AAAA",
    "a cut signature": lambda: cut(RSA.token()),
    "another body": lambda: swapped(RSA.token()),
    "another issuer": lambda: RSA.token(iss="https://evil.example"),
    "no issuer": lambda: RSA.token(iss=None),
    "an issuer with more behind it": lambda: RSA.token(iss=f"{ISSUER}/"),
    "for another service": lambda: RSA.token(aud="mail"),
    "for nobody": lambda: RSA.token(aud=None),
    "for a beginning of us": lambda: RSA.token(aud=AUDIENCE[:-1]),
    "without an end": lambda: RSA.token(exp=None),
    "an end that is no number": lambda: RSA.token(exp="never"),
    "an end that is a list": lambda: RSA.token(exp=[NOW + 300]),
    "an end beyond all numbers": lambda: RSA.token(exp=float("inf")),
    "not yet": lambda: RSA.token(nbf=NOW + 3600),
    "made in the future": lambda: RSA.token(iat=NOW + 3600),
    "without a user": lambda: RSA.token(sub=None),
    "an empty user": lambda: RSA.token(sub=""),
    "too long": lambda: RSA.token(more="x" * 9000),
    "nothing": lambda: "",
    "dots": lambda: "..",
    "garbage": lambda: "garbage",
    "no text": lambda: 7,
    "an object": lambda: {"sub": "ada"},
    "not ASCII": lambda: "é.é.é",
    "a NUL": lambda: RSA.token() + "\x00",
    "a line break": lambda: "a.b\r\n.c",
    "a lone surrogate": lambda: "\ud800.a.b",
    "two tokens": lambda: f"{RSA.token()} {RSA.token()}",
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
async def test_what_the_provider_did_not_sign_for_us_is_refused(make: Any) -> None:
    with pytest.raises(NotAuthenticatedError, match=r"^unauthorized$"):
        await come(by_rsa(), make())


async def test_a_token_that_is_over_says_so() -> None:
    with pytest.raises(NotAuthenticatedError, match=r"^token expired$"):
        await come(by_rsa(), RSA.token(exp=NOW - 60))


async def test_clocks_may_differ_a_little() -> None:
    # The provider's clock is a little ahead, or ours is.
    await come(by_rsa(leeway=60), RSA.token(iat=NOW + 30))
    identity = await come(by_rsa(leeway=60), RSA.token(exp=NOW - 30))

    assert identity.until == NOW + 30


async def test_a_token_for_somebody_needs_us_to_say_who_we_are() -> None:
    assert (await come(by_rsa(audience=()), RSA.token(aud=None))).user == "ada"
    with pytest.raises(NotAuthenticatedError):
        await come(by_rsa(audience=()), RSA.token())


async def test_one_of_several_audiences_is_enough() -> None:
    assert (await come(by_rsa(audience=("other", AUDIENCE)), RSA.token(aud=["x", AUDIENCE]))).user == "ada"


async def test_claims_that_are_wanted_have_to_be_there() -> None:
    with pytest.raises(NotAuthenticatedError):
        await come(by_rsa(required=("email",)), RSA.token())
    assert (await come(by_rsa(required=("email",)), RSA.token(email="a@b.example"))).user == "ada"


async def test_which_claim_says_what_is_a_setting() -> None:
    door = by_rsa(user="email", name="nick", limits="plan")
    identity = await come(door, RSA.token(email="a@b.example", nick="Ada", plan={"prompts_per_day": 3}))

    assert (identity.user, identity.name) == ("a@b.example", "Ada")
    assert identity.limits == Limits(prompts_per_day=3)
    assert (await come(by_rsa(user="number"), RSA.token(number=7))).user == "7"
    for odd in (True, 1.5, ["a"], {"a": 1}):
        with pytest.raises(NotAuthenticatedError):
            await come(by_rsa(user="number"), RSA.token(number=odd))


async def test_the_token_is_where_the_settings_say() -> None:
    door = by_rsa(places=("authorization", "cookie:session", "data"))
    in_header = {"authorization": f"Bearer {RSA.token(sub='header')}"}
    in_cookie = {"cookie": f'a=b; session="{RSA.token(sub="cookie")}"; session=other'}

    assert (await come(door, RSA.token(), **in_header, **in_cookie)).user == "header"
    assert (await come(door, RSA.token(), **in_cookie)).user == "cookie"
    assert (await come(door, RSA.token())).user == "ada"
    for headers in (in_header, in_cookie, {"authorization": "Basic YTpi"}):
        with pytest.raises(NotAuthenticatedError):
            await come(by_rsa(places=("data",)), None, **headers)


async def test_a_refresh_looks_at_the_header_again_and_trusts_the_data_until_its_end() -> None:
    door = by_rsa(places=("data", "cookie:session"))
    cookie = {"cookie": f"session={RSA.token(sub='cookie')}"}
    by_data = await come(door, RSA.token(), **cookie)
    again = await door.refresh(RefreshRequest("ada", cookie, by_data.issued_at, by_data.until, by_data.kept))
    assert again is not None
    # Whose cookie lies beside it does not matter.
    assert (again.user, again.until, again.issued_at) == ("ada", by_data.until, by_data.issued_at)

    by_cookie = await come(door, None, **cookie)
    again = await door.refresh(RefreshRequest("cookie", cookie, kept=by_cookie.kept))
    assert again is not None
    assert again.user == "cookie"
    with pytest.raises(NotAuthenticatedError):
        await door.refresh(RefreshRequest("cookie", {"cookie": "session=forged"}, kept=by_cookie.kept))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("short", "HS256"),
        (RSA.pem, "HS256"),
        (SECRET, "RS256"),
        ("", "ES256"),
        (signer("ES256").pem, "RS256"),
        (RSA.pem, "EdDSA"),
        (signer("ES256").pem, "ES384"),
    ],
)
def test_a_key_that_does_not_fit_is_told_at_the_start(key: str, algorithm: str) -> None:
    with pytest.raises(SettingsError, match="CHAT_AUTH_JWT_KEY") as caught:
        OneKey(key, (algorithm,))
    assert SECRET not in str(caught.value)
