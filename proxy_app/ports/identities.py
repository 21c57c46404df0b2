"""The port to whoever knows who is connecting."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """Who wants to connect, as Centrifugo's connect proxy tells it."""

    data: dict[str, object]
    """The client's own ``data``; client-controlled."""
    headers: dict[str, str]
    """Forwarded headers, names in lower case; ``authorization`` is client-controlled, too."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is behind a connection."""

    user: str
    """1-64 of ``[A-Za-z0-9_.@:-]``; never empty, which Centrifugo would take for anonymous."""
    expires_at: int
    """When to ask again, in Unix seconds; always in the future."""
    name: str | None = None
    token: str | None = None
    """A renewed token for the client to keep, if there is one."""


class Authenticator(Protocol):
    """Decides who is connecting."""

    async def authenticate(self, request: ConnectRequest, /) -> Identity:
        """Return who this is.

        Raises:
            NotAuthenticatedError: Nobody who may connect.
            UnavailableError: It can't be decided now; the client tries again.
        """
        ...

    async def refresh(self, user: str, /) -> Identity | None:
        """Return the identity of somebody who is connected, or ``None`` if the connection must end.

        Raises:
            UnavailableError: It can't be decided now; the connection stays for the time being.
        """
        ...
