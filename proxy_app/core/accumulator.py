"""From what a model says to the chunks that travel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from .chunks import Finish, FinishReason, ModelChunk, ReasoningDelta, TextDelta, Usage
from .events import PartChunk, PartDelta, PartEnd, PartStart
from .objects import Part, PartType
from .text import clip, utf16_length

MAX_PARTS = 256
"""Parts that an answer may have; their ends have to fit into its last publication."""


@dataclass(slots=True)
class Accumulator:
    """Put a model's chunks into parts, up to ``limit`` UTF-16 code units and `MAX_PARTS` in all."""

    limit: int
    finish_reason: FinishReason | None = field(default=None, init=False)
    """Why the model ended, once it did; ``length`` when the limit was reached."""
    usage: Usage | None = field(default=None, init=False)
    length: int = field(default=0, init=False)
    """UTF-16 code units so far, in all parts."""
    full: bool = field(default=False, init=False)
    """Whether the limit was reached, and nothing more is taken in."""
    _parts: int = field(default=0, init=False)
    _open: PartStart | None = field(default=None, init=False)

    def resume(self, parts: Sequence[Part]) -> None:
        """Go on after ``parts``; the last one stays open if it is text."""
        self.length = sum(utf16_length(part.text) for part in parts)
        self._parts = max((int(part.id) for part in parts), default=0)
        if parts and parts[-1].type == "text":
            self._open = PartStart(parts[-1].id, "text")

    def feed(self, chunk: ModelChunk) -> list[PartChunk]:
        """Take in a chunk; return what travels for it."""
        match chunk:
            case TextDelta(text):
                return self._grow("text", text)
            case ReasoningDelta(text):
                return self._grow("reasoning", text)
            case Finish(reason):
                self.finish_reason = self.finish_reason or reason
            case Usage():
                self.usage = chunk
            case _:
                assert_never(chunk)
        return []

    def close(self) -> list[PartChunk]:
        """End the part that is open, if there is one."""
        if self._open is None:
            return []
        ended, self._open = self._open, None
        return [PartEnd(ended.part, ended.type)]

    def _grow(self, kind: PartType, text: str) -> list[PartChunk]:
        if self.full:
            return []
        length = utf16_length(text)
        if self.length + length > self.limit:
            text = clip(text, self.limit - self.length)
            length = utf16_length(text)
            self.full, self.finish_reason = True, "length"
        if not text:
            return []
        chunks: list[PartChunk] = []
        if self._open is None or self._open.type != kind:
            if self._parts == MAX_PARTS:
                self.full, self.finish_reason = True, "length"
                return []
            chunks += self.close()
            self._parts += 1
            self._open = PartStart(str(self._parts), kind)
            chunks.append(self._open)
        self.length += length
        chunks.append(PartDelta(self._open.part, kind, text))
        return chunks
