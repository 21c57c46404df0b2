"""Whose frames may show the page."""

import pytest

from proxy_app.errors import SettingsError
from proxy_app.launcher.policy import NOBODY, content_security_policy, read_frame_ancestors


@pytest.mark.parametrize(
    ("told", "ancestors"),
    [
        ("", NOBODY),
        (NOBODY, NOBODY),
        ("'self'", "'self'"),
        ("https://app.example.org", "https://app.example.org"),
        (" http://localhost:3000  https://*.example.com ", "http://localhost:3000 https://*.example.com"),
    ],
)
def test_nobody_or_origins(told: str, ancestors: str) -> None:
    assert read_frame_ancestors({"CHAT_PAGE_FRAME_ANCESTORS": told}) == ancestors
    assert f"; frame-ancestors {ancestors}; " in content_security_policy(frame_ancestors=ancestors)


@pytest.mark.parametrize(
    "told",
    [
        "*",
        "https:",
        "example.org",
        "'none' 'self'",
        "https://a;script-src *",
        "https://a\nX: y",
        "https://a/path",
        "ws://a",
    ],
)
def test_anything_else_is_refused(told: str) -> None:
    with pytest.raises(SettingsError, match="CHAT_PAGE_FRAME_ANCESTORS"):
        read_frame_ancestors({"CHAT_PAGE_FRAME_ANCESTORS": told})
