"""Sends as the store gets them."""

from dataclasses import replace
from typing import Any

from proxy_app.core.quotas import Limits
from proxy_app.ports import SendCommand

_PLAIN = SendCommand(
    user="",
    client_message_id="m1",
    fingerprint="of m1",
    text="Hello!",
    title="Hello!",
    conversation=None,
    parent=None,
    parent_given=False,
    model="m",
    stop_running=False,
    policy="interrupt",
    limits=Limits(runs=16),
)


def command_of(user: str, **changes: Any) -> SendCommand:
    """Return a send that begins a conversation, but for these changes."""
    return replace(_PLAIN, user=user, **changes)
