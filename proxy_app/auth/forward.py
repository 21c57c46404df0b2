"""Users of an application of yours, which is asked with what their browser sent."""

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..core.quotas import limits_of
from ..errors import HeadersTooLargeError, NotAuthenticatedError, UnavailableError
from ..ports import ConnectRequest, Identity, RefreshRequest
from .entrance import UNDECIDED
from .fetching import Fetched, Fetcher

_log = logging.getLogger(__name__)

_MAX_CACHED = 4096
_CREDENTIALS = {"cookie", "authorization"}


@dataclass(frozen=True, slots=True)
class ForwardRules:
    """What is asked, and how the answer is read."""

    url: str
    headers: tuple[str, ...]
    """Names of those that are sent along, in lower case."""
    user_header: str | None = None
    """Header of the answer that says who it is; without one its JSON does."""
    name_header: str | None = None
    cache: float = 0
    """Seconds that the same headers have the same answer."""


class ForwardAuthenticator:
    """Ask the application; ``clock`` returns Unix seconds."""

    def __init__(self, fetcher: Fetcher, rules: ForwardRules, *, clock: Callable[[], float]) -> None:
        self._fetcher = fetcher
        self._rules = rules
        self._clock = clock
        self._cache: OrderedDict[bytes, tuple[float, Identity]] = OrderedDict()

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        """Return whom the application takes this for.

        Raises:
            NotAuthenticatedError: It said 401, 403 or 431.
            UnavailableError: It said anything else, or nothing in time.
        """
        chosen = self._chosen(request.headers)
        key = _key(chosen)
        if (known := self._cached(key)) is not None:
            return known
        identity = await self._ask(chosen)
        # Who brings nothing of their own is not told apart from others who bring nothing.
        if self._rules.cache and chosen.keys() & _CREDENTIALS:
            self._cache[key] = (self._clock(), identity)
            if len(self._cache) > _MAX_CACHED:
                self._cache.popitem(last=False)
        return identity

    async def refresh(self, request: RefreshRequest, /) -> Identity | None:
        """Ask again, whatever was answered a moment ago."""
        return await self._ask(self._chosen(request.headers))

    def _chosen(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: headers[name] for name in self._rules.headers if name in headers}

    def _cached(self, key: bytes) -> Identity | None:
        if key not in self._cache:
            return None
        asked_at, identity = self._cache[key]
        now = self._clock()
        if now - asked_at >= self._rules.cache or (identity.expires_at or now + 1) <= now:
            del self._cache[key]
            return None
        return identity

    async def _ask(self, headers: dict[str, str]) -> Identity:
        asked_at = self._clock()
        try:
            answer = await self._fetcher.get(self._rules.url, headers)
            if answer.status in (401, 403):
                raise NotAuthenticatedError("unauthorized")
            if answer.status == 431:
                raise HeadersTooLargeError
            return replace(self._read(answer), issued_at=asked_at)
        except UnavailableError as exc:
            _log.warning("CHAT_AUTH_FORWARD_URL did not say who this is: %s", exc)
            raise UnavailableError(UNDECIDED) from exc

    def _read(self, answer: Fetched) -> Identity:
        rules = self._rules
        if rules.user_header is not None and 200 <= answer.status < 300:
            user = answer.headers.get(rules.user_header, "")
            if not user:
                raise UnavailableError(f"the answer has no header {rules.user_header}")
            return Identity(user, name=answer.headers.get(rules.name_header) if rules.name_header else None)
        if answer.status != 200:
            raise UnavailableError(
                f"the answer's status is {answer.status}; it takes 200, or 401, 403 or 431"
            )
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise UnavailableError("the answer is no JSON") from None
        return self._of_json(told)

    def _of_json(self, told: Any) -> Identity:
        user = told.get("user") if isinstance(told, dict) else None
        if not isinstance(user, str) or not user:
            raise UnavailableError('the answer is no object with a "user"')
        name, expires_in = told.get("name"), told.get("expires_in")
        if expires_in is not None and not _is_duration(expires_in):
            raise UnavailableError('the answer\'s "expires_in" is no number of seconds')
        return Identity(
            user,
            name=name if isinstance(name, str) else None,
            limits=limits_of(told["limits"]) if "limits" in told else None,
            expires_at=None if expires_in is None else int(self._clock()) + expires_in,
        )


def _is_duration(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _key(headers: Mapping[str, str]) -> bytes:
    told = json.dumps(sorted(headers.items())).encode()
    return hashlib.sha256(told).digest()
