"""What a model says, piece by piece: the closed union that every model adapter yields."""

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length", "content-filter", "tool-calls", "error", "cancelled", "interrupted"]
"""Why an answer ended (``protocol.md`` §3): the AI SDK's words plus ``cancelled`` and ``interrupted``."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text: well-formed Unicode, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of what the model thinks aloud: well-formed Unicode, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The model's own regular end of the answer."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class Usage:
    """What the answer cost, in model tokens; ``estimated`` where the upstream did not say."""

    input_tokens: int
    output_tokens: int
    estimated: bool = False


ModelChunk = TextDelta | ReasoningDelta | Finish | Usage
