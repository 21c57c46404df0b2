"""Guests: whoever comes gets a signed token, and is the same guest when they come back with it."""

import hashlib
import hmac
from collections.abc import Callable

import jwt
from uuid6 import uuid7

from ..errors import NotAuthenticatedError
from ..ports import ConnectRequest, Identity

_ALGORITHM = "HS256"
_AUDIENCE = "onesocket-guest"
_MAX_TOKEN = 2048
"""Characters of a token that is looked at at all."""
_PREFIX = "guest-"


def derive_key(secret: str) -> str:
    """Return a key for guests' tokens made from another secret, of which it tells nothing."""
    return hmac.new(secret.encode(), b"onesocket guest tokens", hashlib.sha256).hexdigest()


class GuestAuthenticator:
    """Mint tokens, and know guests by them; ``clock`` returns Unix seconds."""

    def __init__(
        self,
        *,
        key: str,
        token_lifetime: float,
        connection_lifetime: float,
        clock: Callable[[], float],
    ) -> None:
        # A short secret is stretched to the length that HS256 wants.
        self._key = hashlib.sha256(key.encode()).digest()
        self._token_lifetime = int(token_lifetime)
        self._connection_lifetime = int(connection_lifetime)
        self._clock = clock

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        """Return the guest whose token this is, or a new one; the token is renewed each time."""
        token = request.data.get("token")
        user = f"{_PREFIX}{uuid7()}" if token is None else self._open(token)
        return self._identity(user)

    async def refresh(self, user: str, /) -> Identity | None:
        """Keep a guest connected; guests can't be sent away one by one."""
        return self._identity(user) if user.startswith(_PREFIX) else None

    def _identity(self, user: str) -> Identity:
        now = int(self._clock())
        claims = {"sub": user, "aud": _AUDIENCE, "iat": now, "exp": now + self._token_lifetime}
        return Identity(
            user,
            expires_at=now + self._connection_lifetime,
            token=jwt.encode(claims, self._key, algorithm=_ALGORITHM),
        )

    def _open(self, token: object) -> str:
        if not isinstance(token, str) or len(token) > _MAX_TOKEN:
            raise NotAuthenticatedError("unauthorized")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                # Time is ours to tell.
                options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise NotAuthenticatedError("unauthorized") from None
        user, expires_at = claims["sub"], claims["exp"]
        if not user.startswith(_PREFIX) or not isinstance(expires_at, int):
            raise NotAuthenticatedError("unauthorized")
        if expires_at <= self._clock():
            raise NotAuthenticatedError("token expired")
        return str(user)
