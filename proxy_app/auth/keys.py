"""Keys of tokens: one of the settings, or those that an identity provider publishes (a JWKS)."""

import asyncio
import json
import logging
import math
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..errors import NotAuthenticatedError, SettingsError, UnavailableError
from .entrance import UNDECIDED
from .fetching import Fetcher

_log = logging.getLogger(__name__)

SHARED = ("HS256", "HS384", "HS512")
"""Algorithms whose key signs as well as verifies."""
PUBLIC = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES256K", "ES384", "ES512", "EdDSA"),
)
"""Algorithms whose key can be told to everybody."""
_MAX_KEYS = 100
_SMALLEST_RSA_KEY = 2048
"""Bits."""
_PAUSE = 10
"""Seconds between two questions for keys at least, whatever key somebody's token names."""
_LONGEST_STALE = 3600
"""Seconds that keys serve beyond their lifetime while there are no newer ones to be had."""


class OneKey:
    """The key of the settings, whatever a token calls it."""

    def __init__(self, key: str, algorithms: tuple[str, ...]) -> None:
        """Prepare the key.

        Raises:
            SettingsError: It does not fit an algorithm.
        """
        self._keys = {algorithm: _prepared(key, algorithm) for algorithm in algorithms}

    async def find(self, _kid: object, algorithm: str, /) -> Any:
        """Return the key."""
        return self._keys[algorithm]


class KeySet:
    """The keys at a URL, fetched when one is needed; ``clock`` returns seconds."""

    def __init__(self, fetcher: Fetcher, url: str, *, lifetime: float, clock: Callable[[], float]) -> None:
        self._fetcher = fetcher
        self._url = url
        self._lifetime = lifetime
        self._clock = clock
        self._keys: list[dict[str, Any]] = []
        self._fetched_at = self._tried_at = -math.inf
        self._lock = asyncio.Lock()

    async def find(self, kid: object, algorithm: str, /) -> Any:
        """Return the key of this name, asking for new ones where it is not known.

        Raises:
            NotAuthenticatedError: There is none.
            UnavailableError: The keys can't be had, or were asked for a moment ago.
        """
        asked_at = self._clock()
        age = asked_at - self._fetched_at
        if age >= self._lifetime:
            try:
                await self._renew(asked_at)
            except UnavailableError:
                if age >= self._lifetime + _LONGEST_STALE:
                    raise
        key = self._known(kid, algorithm)
        if key is None and self._fetched_at < asked_at:
            await self._renew(asked_at)
            key = self._known(kid, algorithm)
        if key is None:
            raise NotAuthenticatedError("unauthorized")
        return key

    def _known(self, kid: object, algorithm: str) -> jwt.PyJWK | None:
        if kid is None and len(self._keys) > 1:
            return None
        for fields in self._keys:
            if (kid is None or fields.get("kid") == kid) and fields.get("alg") in (None, algorithm):
                try:
                    key = jwt.PyJWK.from_dict(fields, algorithm)
                except (jwt.PyJWTError, TypeError, ValueError):
                    continue  # A key for something else.
                if not isinstance(key.key, RSAPublicKey) or key.key.key_size >= _SMALLEST_RSA_KEY:
                    return key
        return None

    async def _renew(self, asked_at: float) -> None:
        """Fetch the keys, unless somebody has done so since ``asked_at``."""
        async with self._lock:
            if self._fetched_at >= asked_at:
                return
            if self._clock() - self._tried_at < _PAUSE:
                raise UnavailableError(UNDECIDED)
            self._tried_at = self._clock()
            try:
                self._keys = await self._fetch()
            except UnavailableError as exc:
                _log.warning("The keys of CHAT_AUTH_JWT_JWKS_URL can't be had: %s", exc)
                raise UnavailableError(UNDECIDED) from exc
            self._fetched_at = self._clock()

    async def _fetch(self) -> list[dict[str, Any]]:
        answer = await self._fetcher.get(self._url)
        if answer.status != 200:
            raise UnavailableError(f"the answer's status is {answer.status}")
        try:
            keys = json.loads(answer.body)["keys"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UnavailableError("the answer is no key set") from None
        if not isinstance(keys, list) or len(keys) > _MAX_KEYS:
            raise UnavailableError(f"the answer is no set of at most {_MAX_KEYS} keys")
        return [fields for fields in keys if isinstance(fields, dict) and _verifies(fields)]


def _verifies(fields: dict[str, Any]) -> bool:
    return fields.get("kty") in ("RSA", "EC", "OKP") and fields.get("use", "sig") == "sig"


def _prepared(key: str, algorithm: str) -> Any:
    if algorithm in SHARED:
        if len(key.encode()) * 8 < int(algorithm[2:]):
            raise SettingsError(
                f"The key of CHAT_AUTH_JWT_KEY is too short for {algorithm}: "
                f"take {int(algorithm[2:]) // 8} bytes or more."
            )
        prepare: Any = jwt.get_algorithm_by_name(algorithm).prepare_key
        try:
            return prepare(key)
        except (jwt.PyJWTError, TypeError, ValueError):
            raise SettingsError(
                f"The key of CHAT_AUTH_JWT_KEY is a public key, which is no secret for {algorithm}."
            ) from None
    prepare = jwt.get_algorithm_by_name(algorithm).prepare_key
    try:
        prepared = prepare(key)
    except (jwt.PyJWTError, TypeError, ValueError):
        raise SettingsError(
            f"The key of CHAT_AUTH_JWT_KEY does not fit {algorithm}: it has to be the public key in PEM."
        ) from None
    if isinstance(prepared, RSAPublicKey) and prepared.key_size < _SMALLEST_RSA_KEY:
        raise SettingsError(f"The RSA key of CHAT_AUTH_JWT_KEY has less than {_SMALLEST_RSA_KEY} bits.")
    return prepared
