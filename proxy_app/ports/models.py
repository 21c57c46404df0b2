"""The port to language models."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from ..core.chunks import ModelChunk


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One turn of what the model is told."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that users may choose, as the connect reply names it (``protocol.md`` §1)."""

    id: str
    name: str
    demo: bool = False
    """Whether the page has to say that this is no believable assistant."""


class ChatModel(Protocol):
    """A language model that answers in chunks."""

    def stream(
        self, model: str, messages: Sequence[PromptMessage], /
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[ModelChunk]]]:
        """Open a completion; leaving the block closes the connection at once.

        The iterator yields what one read from the network brought, in order. It ends after the model's
        ``Finish`` (and ``Usage``, where the upstream tells it); a stream that breaks off before raises.

        Raises:
            ModelError: The model refused, or the way to it broke; while opening or while iterating.
        """
        ...
