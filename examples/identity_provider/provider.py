"""A stand-in for an identity provider: it signs tokens, publishes its keys, and changes them.

Yours is Keycloak, Auth0, Entra, Okta, Cognito or the like, and has a URL for its keys, too. Run it with
``python examples/identity_provider/provider.py --port 3001``, and get a token with
``curl -d user=ada http://127.0.0.1:3001/token``.
"""

import argparse
import json
import time
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER, AUDIENCE = "https://login.example", "chat"
LIFETIME = 300
"""Seconds that a token is valid."""
KEYS = web.AppKey("keys", list[rsa.RSAPrivateKey])

routes = web.RouteTableDef()


@routes.get("/.well-known/jwks.json")
async def published(request: web.Request) -> web.Response:
    """Tell everybody the public keys, the newest first."""
    return web.json_response({"keys": [public(key) for key in request.app[KEYS]]})


@routes.post("/token")
async def token(request: web.Request) -> web.Response:
    """Sign a token for whoever asks; yours wants a password first."""
    fields = await request.post()
    now, lifetime = int(time.time()), int(str(fields.get("lifetime", LIFETIME)))
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(fields["user"]),
        "name": str(fields["user"]).title(),
        "iat": now,
        "exp": now + lifetime,
    }
    key = request.app[KEYS][0]
    signed = jwt.encode(claims, key, algorithm="RS256", headers={"kid": public(key)["kid"]})
    return web.json_response({"token": signed})


@routes.post("/rotate")
async def rotate(request: web.Request) -> web.Response:
    """Sign with a new key from now on; the one before is still good."""
    request.app[KEYS][:] = [new_key(), request.app[KEYS][0]]
    return web.Response(status=204)


def public(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Return what everybody may know of a key; its name is made of its first digits."""
    fields: dict[str, Any] = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(key.public_key()))
    return fields | {"kid": str(fields["n"])[:16], "use": "sig", "alg": "RS256"}


def new_key() -> rsa.RSAPrivateKey:
    """Make a key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def create_app() -> web.Application:
    """Put the provider together."""
    app = web.Application()
    app[KEYS] = [new_key()]
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3001)
    web.run_app(create_app(), host="127.0.0.1", port=parser.parse_args().port)
