"""What the inside needs from the outside, in the words of the inside; adapters fit by shape."""

from .callers import Caller
from .commands import AnswerCommand, Command, SendCommand, Sent
from .conversations import ConversationStore, Listed, Match, StoredRun
from .identities import (
    Admission,
    Authenticator,
    ConnectRequest,
    Doorkeeper,
    Identity,
    RefreshRequest,
    Revocations,
)
from .leases import Held, Leases, Taken
from .models import ChatModel, ModelInfo, PromptMessage
from .publishing import ChannelHistory, Publication, PublicationSink, caller_channel, idempotency_key
from .runs import Checkpoint, Ending, OwedEnd, RunStore
from .trash import Trash

__all__ = [
    "Admission",
    "AnswerCommand",
    "Authenticator",
    "Caller",
    "ChannelHistory",
    "ChatModel",
    "Checkpoint",
    "Command",
    "ConnectRequest",
    "ConversationStore",
    "Doorkeeper",
    "Ending",
    "Held",
    "Identity",
    "Leases",
    "Listed",
    "Match",
    "ModelInfo",
    "OwedEnd",
    "PromptMessage",
    "Publication",
    "PublicationSink",
    "RefreshRequest",
    "Revocations",
    "RunStore",
    "SendCommand",
    "Sent",
    "StoredRun",
    "Taken",
    "Trash",
    "caller_channel",
    "idempotency_key",
]
