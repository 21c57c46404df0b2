"""What visitors send in headers."""

from collections.abc import Mapping


def cookie_of(headers: Mapping[str, str], name: str) -> str | None:
    """Return the value of a cookie; of several with this name the first, which is the most specific one."""
    for pair in headers.get("cookie", "").split(";"):
        found, separator, value = pair.strip().partition("=")
        if separator and found == name:
            return value.strip('"')
    return None


def bearer_of(headers: Mapping[str, str]) -> str | None:
    """Return the token of ``Authorization: Bearer``."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
