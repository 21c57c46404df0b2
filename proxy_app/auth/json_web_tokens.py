"""Users of an identity provider, known by a JSON Web Token that it signed."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from ..core.quotas import limits_of
from ..errors import NotAuthenticatedError
from ..ports import ConnectRequest, Identity, RefreshRequest
from .headers import bearer_of, cookie_of

_log = logging.getLogger(__name__)

_MAX_TOKEN = 8192
"""Characters of a token that is looked at at all."""
_COOKIE = "cookie:"
_NEVER = 2**53
"""A time, in Unix seconds, that still is a number in JSON."""
_BROKEN = (
    jwt.PyJWTError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a token that somebody made up can cause."""


class Keys(Protocol):
    """Knows what tokens are signed with."""

    async def find(self, kid: object, algorithm: str, /) -> Any:
        """Return the key for an algorithm that is allowed, as PyJWT takes it.

        Raises:
            NotAuthenticatedError: There is none of this name.
            UnavailableError: It can't be told now.
        """
        ...


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Which tokens count, and what they say."""

    algorithms: tuple[str, ...]
    """All that are allowed; what a token says of itself only chooses among them."""
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    """One of them has to be meant; without any a token that is meant for somebody is refused."""
    leeway: float = 0
    """Seconds that clocks may differ."""
    required: tuple[str, ...] = ()
    places: tuple[str, ...] = ("data", "authorization")
    """Where a token may be, the first one counts: ``data``, ``authorization``, ``cookie:NAME``."""
    user: str = "sub"
    name: str = "name"
    limits: str = "limits"
    """The last three are names of claims."""


class TokenAuthenticator:
    """Know users by their token."""

    def __init__(self, keys: Keys, rules: TokenRules) -> None:
        self._keys = keys
        self._rules = rules

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        """Return whom the token is about.

        Raises:
            NotAuthenticatedError: There is none, or it does not count.
            UnavailableError: The keys can't be had now.
        """
        for place in self._rules.places:
            token = _token(place, request.data, request.headers)
            if token is not None:
                return self._identity(await self._verified(token), place)
        raise NotAuthenticatedError("unauthorized")

    async def refresh(self, request: RefreshRequest, /) -> Identity | None:
        """Look again at a token that came in a header; one that came in the data counts until its end."""
        place = str(request.kept.get("place", ""))
        token = _token(place, {}, request.headers)
        if token is not None:
            return self._identity(await self._verified(token), place)
        return Identity(request.user, issued_at=request.issued_at, until=request.until, kept=request.kept)

    async def _verified(self, token: object) -> dict[str, Any]:
        if not isinstance(token, str) or len(token) > _MAX_TOKEN:
            raise NotAuthenticatedError("unauthorized")
        rules = self._rules
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in rules.algorithms:
                raise NotAuthenticatedError("unauthorized")
            claims: dict[str, Any] = jwt.decode(
                token,
                await self._keys.find(header.get("kid"), algorithm),
                algorithms=[algorithm],
                audience=rules.audience or None,
                issuer=rules.issuer,
                leeway=rules.leeway,
                options={"require": ["exp", rules.user, *rules.required]},
            )
        except jwt.ExpiredSignatureError:
            raise NotAuthenticatedError("token expired") from None
        except _BROKEN as exc:
            _log.info("A token was refused: %s", type(exc).__name__)
            raise NotAuthenticatedError("unauthorized") from None
        return claims

    def _identity(self, claims: Mapping[str, Any], place: str) -> Identity:
        rules = self._rules
        user, name = claims[rules.user], claims.get(rules.name)
        if isinstance(user, int) and not isinstance(user, bool):
            user = str(user)
        if not isinstance(user, str) or not user:
            raise NotAuthenticatedError("unauthorized")
        return Identity(
            user,
            name=name if isinstance(name, str) else None,
            limits=limits_of(claims[rules.limits]) if rules.limits in claims else None,
            # One that does not say when it was made was made before any revocation.
            issued_at=float(claims.get("iat", 0)),
            until=min(math.floor(float(claims["exp"]) + rules.leeway), _NEVER),
            kept={"place": place},
        )


def _token(place: str, data: Mapping[str, object], headers: Mapping[str, str]) -> object:
    if place == "data":
        return data.get("token")
    if place == "authorization":
        return bearer_of(headers)
    return cookie_of(headers, place.removeprefix(_COOKIE))
