"""The port to whoever knows who is connecting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..core.quotas import Limits


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """Who wants to connect, as Centrifugo's connect proxy tells it."""

    data: Mapping[str, object]
    """The client's own ``data``; client-controlled."""
    headers: Mapping[str, str]
    """Forwarded headers, names in lower case; ``authorization`` is client-controlled, too."""


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """Somebody who is connected and about whom it is time to ask again."""

    user: str
    """Whom the connection belongs to, as the chat calls them."""
    headers: Mapping[str, str]
    """The same headers as when the connection began, names in lower case."""
    issued_at: float | None = None
    until: int | None = None
    kept: Mapping[str, object] = field(default_factory=dict)
    """These three are what the `Identity` said."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is behind a connection, in the words of a hook."""

    user: str
    """Never empty; what does not fit ``[A-Za-z0-9_.@:-]{1,64}`` gets an id of its own that does."""
    expires_at: int | None = None
    """When to ask again, in Unix seconds, if that is before the connection's usual end."""
    name: str | None = None
    """What to call them."""
    token: str | None = None
    """A renewed token for the client to keep, if there is one."""
    limits: Limits | None = None
    """What they may have, where it differs from the server's settings."""
    issued_at: float | None = None
    """When what proves this was made, in Unix seconds: a revocation since then makes it worthless.

    ``None`` where whoever revokes is asked each time.
    """
    until: int | None = None
    """When the connection ends though nobody can be asked, in Unix seconds."""
    kept: Mapping[str, object] = field(default_factory=dict)
    """What the hook wants to see again at a refresh, as JSON; clients don't see it."""


class Authenticator(Protocol):
    """A hook: it decides who is connecting."""

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        """Return who this is.

        Raises:
            NotAuthenticatedError: Nobody who may connect.
            UnavailableError: It can't be decided now; the client tries again.
        """
        ...

    async def refresh(self, request: RefreshRequest, /) -> Identity | None:
        """Return the identity of somebody who is connected, or ``None`` if the connection must end.

        Raises:
            UnavailableError: It can't be decided now; the connection stays for the time being.
        """
        ...


class Revocations(Protocol):
    """Who was sent away, and when."""

    async def revoked_at(self, user: str, /) -> float | None:
        """Return when a user was sent away the last time, in Unix seconds.

        Raises:
            UnavailableError: The database is away.
        """
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who is let in."""

    user: str
    """1-64 of ``[A-Za-z0-9_.@:-]``; never empty, which Centrifugo would take for anonymous."""
    expires_at: int
    """When to ask again, in Unix seconds; always in the future."""
    meta: dict[str, Any]
    """What Centrifugo tells with every call of this connection, and never to the client."""
    name: str | None = None
    token: str | None = None
    limits: Limits | None = None


class Doorkeeper(Protocol):
    """Decides who comes in, and who may stay."""

    async def admit(self, request: ConnectRequest, /) -> Admission:
        """Let somebody in.

        Raises:
            NotAuthenticatedError: Nobody who may connect.
            UnavailableError: It can't be decided now; the client tries again.
        """
        ...

    async def keep(
        self, user: str, headers: Mapping[str, str], meta: Mapping[str, Any], /
    ) -> Admission | None:
        """Keep somebody connected, or return ``None`` if the connection must end; it raises nothing."""
        ...
