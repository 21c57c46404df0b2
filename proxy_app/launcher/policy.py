"""What the page may do, and whose frames may show it: headers that every server of the page sends."""

import re
from collections.abc import Mapping

from ..errors import SettingsError

SECURITY_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NOBODY = "'none'"
"""The page is in nobody's frame."""
_ANCESTOR = re.compile(r"'self'|https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?")


def content_security_policy(*, frame_ancestors: str = NOBODY, websocket: str = "") -> str:
    """Return the policy of the page; ``websocket`` is Centrifugo's origin where it is not the page's."""
    connect = f"'self' {websocket}".rstrip()
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors {frame_ancestors}; "
        "require-trusted-types-for 'script'; trusted-types onesocket-worker"
    )


def read_frame_ancestors(environment: Mapping[str, str]) -> str:
    """Read whose frames may show the page: ``'none'``, or origins with a space between them.

    Raises:
        SettingsError: It is neither.
    """
    ancestors = (environment.get("CHAT_PAGE_FRAME_ANCESTORS") or NOBODY).split()
    if ancestors != [NOBODY] and not all(_ANCESTOR.fullmatch(ancestor) for ancestor in ancestors):
        raise SettingsError(
            "The setting CHAT_PAGE_FRAME_ANCESTORS is wrong: it is 'none' or origins, "
            "for example https://app.example.org, with a space between them."
        )
    return " ".join(ancestors)
