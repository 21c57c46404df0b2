"""Ids of users: whatever somebody is called elsewhere becomes an id that fits into a channel's name."""

import hashlib
import re
from base64 import b32encode

GUEST_PREFIX = "guest-"
_MAPPED_PREFIX = "x-"
_LEGAL = re.compile(r"[A-Za-z0-9_.@:-]{1,64}")


def is_legal(user: str) -> bool:
    """Tell whether an id can be used as it is."""
    return _LEGAL.fullmatch(user) is not None


def user_of(outside: str) -> str:
    """Return the id that stands here for an id from outside: always the same, and nobody else's.

    Ids that look like those made here are not left as they are: nobody can be called like somebody else.
    """
    if is_legal(outside) and not outside.startswith((_MAPPED_PREFIX, GUEST_PREFIX)):
        return outside
    digest = hashlib.sha256(outside.encode("utf-8", "surrogatepass")).digest()
    return _MAPPED_PREFIX + b32encode(digest).decode().rstrip("=").lower()
