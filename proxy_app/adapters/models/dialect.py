"""How a server wants to be asked: the few parameters on which compatible servers differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from ...ports import PromptMessage
from .failures import Failure

_OTHER_NAME: dict[str, Literal["max_tokens", "max_completion_tokens"]] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server is known, or assumed, to take."""

    limit_name: Literal["max_tokens", "max_completion_tokens"]
    """OpenAI's own models refuse the old name of the token limit, others do not know the new one."""
    tells_usage: bool = True
    """Whether it takes ``stream_options``."""

    def body(self, model: str, messages: Sequence[PromptMessage], limit: int) -> dict[str, Any]:
        """Return the parameters of a streamed completion of at most ``limit`` tokens."""
        told = [{"role": message.role, "content": message.text} for message in messages]
        body = {"model": model, "messages": told, "stream": True, self.limit_name: limit}
        return body | ({"stream_options": {"include_usage": True}} if self.tells_usage else {})

    def without(self, failure: Failure) -> "Dialect | None":
        """Return what to try instead if ``failure`` refuses one of these parameters, else ``None``."""
        if self.tells_usage and failure.blames("stream_options"):
            return replace(self, tells_usage=False)
        if failure.blames(self.limit_name):
            return replace(self, limit_name=_OTHER_NAME[self.limit_name])
        return None


def assumed_dialect(base_url: str) -> Dialect:
    """Return the dialect to begin with."""
    openai_itself = (urlsplit(base_url).hostname or "").endswith("api.openai.com")
    return Dialect("max_completion_tokens" if openai_itself else "max_tokens")
