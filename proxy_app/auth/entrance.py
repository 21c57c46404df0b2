"""The entrance: asks a hook, with a time limit, and makes of its answer what Centrifugo has to be told."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.text import clip, well_formed
from ..errors import ClientError, NotAuthenticatedError, UnavailableError
from ..ports import Admission, Authenticator, ConnectRequest, Identity, RefreshRequest, Revocations
from .memory import Memory
from .soundness import complaint
from .users import user_of

_log = logging.getLogger(__name__)

_DOUBT_PAUSE = 15
"""Seconds between two questions while a hook does not answer."""
_MAX_NAME = 100
"""UTF-16 code units of a name."""
UNDECIDED = "The server can't check who you are at the moment. Try again soon."
"""What a user is told while nobody can say who they are."""


@dataclass(frozen=True, slots=True)
class EntranceRules:
    """How it is watched; all are seconds but for the last."""

    lifetime: float
    """After which a connection is asked again."""
    grace: float
    """That a connection stays while nobody can be asked."""
    timeout: float
    """That a hook has to answer."""
    is_outside: bool
    """Whether the hook's ids are those of another system."""


class Entrance:
    """Lets in whom the hook knows and nobody has sent away; ``clock`` returns Unix seconds."""

    def __init__(
        self,
        hook: Authenticator,
        revocations: Revocations,
        rules: EntranceRules,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._hook = hook
        self._revocations = revocations
        self._rules = rules
        self._clock = clock

    async def admit(self, request: ConnectRequest, /) -> Admission:
        """Let somebody in.

        Raises:
            NotAuthenticatedError: Nobody who may connect.
            UnavailableError: It can't be decided now; the client tries again.
        """
        identity = await self._asked(self._hook.authenticate(request))
        if identity is None:
            raise _nonsense("nothing")
        user = self._user(identity)
        if await self._is_revoked(user, identity.issued_at):
            raise NotAuthenticatedError("revoked")
        admission = self._admission(user, identity)
        if admission is None:
            raise NotAuthenticatedError("token expired")
        return admission

    async def keep(
        self, user: str, headers: Mapping[str, str], meta: Mapping[str, Any], /
    ) -> Admission | None:
        """Keep somebody connected, or return ``None`` if the connection must end."""
        memory = Memory.of(meta)
        request = RefreshRequest(user, headers, memory.issued_at, memory.until, memory.kept)
        try:
            identity = await self._asked(self._hook.refresh(request))
            if identity is None or self._user(identity) != user:
                return None
            if await self._is_revoked(user, identity.issued_at):
                return None
        except NotAuthenticatedError:
            return None
        except ClientError:
            return self._in_doubt(user, memory)
        return self._admission(user, identity)

    async def _asked(self, question: Awaitable[Identity | None]) -> Identity | None:
        try:
            async with asyncio.timeout(self._rules.timeout):
                answer: object = await question
        except (ClientError, NotAuthenticatedError):
            raise
        except TimeoutError:
            _log.warning("The login hook did not answer within %g s", self._rules.timeout)
            raise UnavailableError(UNDECIDED) from None
        except Exception:
            _log.exception("The login hook failed")
            raise UnavailableError(UNDECIDED) from None
        if answer is None:
            return None
        if not isinstance(answer, Identity):
            raise _nonsense(type(answer).__name__)
        wrong = complaint(answer)
        if wrong is not None:
            raise _nonsense(wrong)
        return answer

    def _user(self, identity: Identity) -> str:
        return user_of(identity.user) if self._rules.is_outside else identity.user

    async def _is_revoked(self, user: str, issued_at: float | None) -> bool:
        if issued_at is None:
            return False
        revoked_at = await self._revocations.revoked_at(user)
        return revoked_at is not None and issued_at <= revoked_at

    def _admission(self, user: str, identity: Identity) -> Admission | None:
        """Return what is told, or ``None`` if it is over already."""
        now = self._clock()
        ends = [end for end in (identity.expires_at, identity.until) if end is not None]
        if any(end <= now for end in ends):
            return None
        expires_at = min([int(now + self._rules.lifetime), *(math.ceil(end) for end in ends)])
        memory = Memory(identity.limits, identity.issued_at, identity.until, identity.kept)
        return Admission(
            user,
            max(expires_at, int(now) + 1),
            memory.to_json(),
            name=_cleaned(identity.name),
            token=identity.token,
            limits=identity.limits,
        )

    def _in_doubt(self, user: str, memory: Memory) -> Admission | None:
        """Keep a connection for a while though nobody says that it may stay."""
        now = self._clock()
        doubted = memory.doubted(now)
        end = (doubted.since or now) + self._rules.grace
        if memory.until is not None:
            end = min(end, memory.until)
        if end <= now:
            return None
        expires_at = math.ceil(min(end, now + _DOUBT_PAUSE))
        return Admission(user, max(expires_at, int(now) + 1), doubted.to_json())


def _nonsense(what: str) -> UnavailableError:
    _log.error("The login hook returned %s instead of an identity", what)
    return UnavailableError(UNDECIDED)


def _cleaned(name: object) -> str | None:
    """Return a name without what can't be seen, such as marks that turn the direction of writing."""
    if not isinstance(name, str):
        return None
    seen = "".join(character for character in well_formed(name) if character.isprintable()).strip()
    return clip(seen, _MAX_NAME) or None
