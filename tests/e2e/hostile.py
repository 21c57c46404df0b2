"""What hostile tests share: a victim with something to take, and what a refusal looks like."""

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from tests.client import ChatClient, RawConnection, RpcError, Sent, new_id
from tests.fakes.openai_server import expected_text
from tests.stack import Stack

from .answers import prompt, read_all, text_of

Json = dict[str, Any]
CENTRIFUGOS_OWN = {102, 103, 104, 107, 108}
"""Centrifugo's "unknown channel", "permission denied", "method not found", "bad request", "not available"."""


@dataclass(frozen=True, slots=True)
class Victim:
    """Somebody with a conversation of one prompt and its answer."""

    client: ChatClient
    sent: Sent
    name: str
    """The ``client_message_id`` of the prompt."""
    text: str

    @classmethod
    async def of(cls, client: ChatClient) -> "Victim":
        """Have a client send a prompt and wait for the answer."""
        name, text = new_id(), prompt("tokens:5")
        sent = await client.send(text, client_message_id=name)
        await client.ended(sent.run)
        return cls(client, sent, name, text)

    @property
    def ids(self) -> Json:
        """Everything that somebody else might name."""
        return {
            "conversation": self.sent.conversation["id"],
            "message": self.sent.message["id"],
            "reply": self.sent.reply["id"],
            "run": self.sent.run,
            "name": self.name,
        }

    async def assert_untouched(self) -> None:
        """Check that nothing of it has changed."""
        told = await self.client.call("chat:conversation", {"conversation": self.ids["conversation"]})
        assert (
            told["conversation"]["version"]
            == self.client.state.conversations[self.ids["conversation"]]["version"]
        )
        kept = await read_all(self.client, self.ids["conversation"])
        assert [text_of(message) for message in kept] == [self.text, expected_text(self.text)]


async def outcome(call: Awaitable[Any]) -> int:
    """Return the code that an RPC is refused with; 0 if it is not."""
    try:
        await call
    except RpcError as exc:
        refusal = exc
    else:
        return 0
    assert not refusal.temporary, refusal
    return refusal.code


async def said(raw: RawConnection, data: str, method: str = "chat:send", number: int = 900) -> Json:
    """Call a method with ``data`` as it is written; return the whole reply, or the code of the close."""
    await raw.frame(f'{{"id":{number},"rpc":{{"method":"{method}","data":{data}}}}}')
    await raw.until(lambda: number in raw.replies or raw.close_code)
    return raw.replies.pop(number) if number in raw.replies else {"closed": raw.close_code}


def request(**fields: object) -> str:
    """Return a right request of ``chat:send`` as JSON, but for the fields given."""
    return json.dumps({"client_message_id": new_id(), "text": prompt("tokens:2"), **fields})


async def still_serves(stack: Stack) -> None:
    """Check that somebody new is answered."""
    async with stack.client() as client:
        await Victim.of(client)
