"""A client of the chat, written from ``docs/protocol.md`` alone.

It shares no code with the service or with the page: what it gets wrong, the protocol does not say
clearly enough. ``ChatClient`` is what a program would use; ``RawConnection`` says what no client should.
"""

from .chat import ChatClient, Sent, new_id
from .errors import RpcError, TerminatedError
from .raw import RawConnection
from .runs import RunCopy, Verdict

__all__ = [
    "ChatClient",
    "RawConnection",
    "RpcError",
    "RunCopy",
    "Sent",
    "TerminatedError",
    "Verdict",
    "new_id",
]
