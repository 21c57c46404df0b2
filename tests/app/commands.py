"""Sends as the store gets them."""

from dataclasses import replace
from typing import Any

from proxy_app.core.quotas import Limits
from proxy_app.ports import AnswerCommand, SendCommand, Sent

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


_AGAIN = AnswerCommand(
    user="",
    client_message_id="again",
    fingerprint="of again",
    message="",
    models=("m",),
    goes_on=False,
    longest=1000,
    stop_running=False,
    policy="interrupt",
    limits=Limits(runs=16),
)


def answer_of(sent: Sent, user: str, **changes: Any) -> AnswerCommand:
    """Return the wish for another answer beside that of ``sent``, but for these changes."""
    return replace(_AGAIN, user=user, message=sent.reply.id, **changes)
