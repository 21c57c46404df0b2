"""Guests: whoever comes gets a signed token, and is the same guest when they come back with it."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

import jwt
from uuid6 import uuid7

from ..errors import NotAuthenticatedError
from ..ports import ConnectRequest, Identity, RefreshRequest
from .users import GUEST_PREFIX

_ALGORITHM = "HS256"
_AUDIENCE = "onesocket-guest"
_MAX_TOKEN = 2048
"""Characters of a token that is looked at at all."""


def derive_key(secret: str) -> str:
    """Return a key for guests' tokens made from another secret, of which it tells nothing."""
    return hmac.new(secret.encode(), b"onesocket guest tokens", hashlib.sha256).hexdigest()


class GuestAuthenticator:
    """Mint tokens, and know guests by them; the first key signs, ``clock`` returns Unix seconds."""

    def __init__(self, *, keys: Sequence[str], token_lifetime: float, clock: Callable[[], float]) -> None:
        # A short secret is stretched to the length that HS256 wants.
        self._keys = [hashlib.sha256(key.encode()).digest() for key in keys]
        self._token_lifetime = int(token_lifetime)
        self._clock = clock

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        """Return the guest whose token this is, or a new one; the token is renewed each time."""
        now = int(self._clock())
        token = request.data.get("token")
        if token is None:
            user, issued_at = f"{GUEST_PREFIX}{uuid7()}", now
        else:
            user, issued_at = self._open(token)
        claims = {"sub": user, "aud": _AUDIENCE, "iat": now, "exp": now + self._token_lifetime}
        renewed = jwt.encode(claims, self._keys[0], algorithm=_ALGORITHM)
        return Identity(user, token=renewed, issued_at=issued_at)

    async def refresh(self, request: RefreshRequest, /) -> Identity | None:
        """Keep a guest connected; who was sent away since the token was made is told apart elsewhere."""
        if not request.user.startswith(GUEST_PREFIX):
            return None
        return Identity(request.user, issued_at=request.issued_at or 0)

    def _open(self, token: object) -> tuple[str, int]:
        if not isinstance(token, str) or len(token) > _MAX_TOKEN:
            raise NotAuthenticatedError("unauthorized")
        claims = self._verified(token)
        user, issued_at, expires_at = claims["sub"], claims["iat"], claims["exp"]
        if not user.startswith(GUEST_PREFIX) or not isinstance(expires_at, int):
            raise NotAuthenticatedError("unauthorized")
        if expires_at <= self._clock():
            raise NotAuthenticatedError("token expired")
        return str(user), int(issued_at)

    def _verified(self, token: str) -> dict[str, Any]:
        for key in self._keys:
            try:
                return jwt.decode(
                    token,
                    key,
                    algorithms=[_ALGORITHM],
                    audience=_AUDIENCE,
                    # Time is ours to tell.
                    options={"require": ["sub", "iat", "exp"], "verify_exp": False, "verify_iat": False},
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                break
        raise NotAuthenticatedError("unauthorized")
