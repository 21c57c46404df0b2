"""What the tests of the model adapter share: the real adapter, in front of a scripted upstream."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from proxy_app.adapters.models import OpenAIChatModel, open_chat_model
from proxy_app.core.chunks import Finish, ModelChunk, ReasoningDelta, TextDelta, Usage
from proxy_app.errors import ModelError
from proxy_app.ports import PromptMessage

KEY = "sk-a-key-of-the-tests"

DEFAULTS: dict[str, Any] = {
    "api_key": KEY,
    "models": ("fake-model",),
    "name": None,
    "demo": False,
    "connect_timeout": 5,
    "head_timeout": 5,
    "stall_timeout": 5,
    "retries": 0,
    "retry_delay": 0.001,
    "max_output_tokens": 100,
}


@asynccontextmanager
async def adapter(base_url: str, **settings: Any) -> AsyncIterator[OpenAIChatModel]:
    """Open the adapter, with timeouts that no healthy upstream reaches and without retries."""
    async with open_chat_model(base_url=base_url, **DEFAULTS | settings) as model:
        yield model


@dataclass(slots=True)
class Heard:
    """All that a completion gave, until it ended one way or the other."""

    chunks: list[ModelChunk] = field(default_factory=list)
    error: ModelError | None = None

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks if isinstance(chunk, TextDelta))

    @property
    def reasoning(self) -> str:
        return "".join(chunk.text for chunk in self.chunks if isinstance(chunk, ReasoningDelta))

    @property
    def finish(self) -> str | None:
        return next((chunk.reason for chunk in self.chunks if isinstance(chunk, Finish)), None)

    @property
    def usage(self) -> Usage | None:
        return next((chunk for chunk in self.chunks if isinstance(chunk, Usage)), None)


def prompt_of(text: str) -> Sequence[PromptMessage]:
    """Return a conversation of one prompt."""
    return [PromptMessage("user", text)]


async def hear(model: OpenAIChatModel, prompt: str = "Hello!", name: str = "fake-model") -> Heard:
    """Take in a whole completion."""
    heard = Heard()
    try:
        async with model.stream(name, prompt_of(prompt)) as reads:
            async for chunks in reads:
                heard.chunks += chunks
    except ModelError as exc:
        heard.error = exc
    return heard
