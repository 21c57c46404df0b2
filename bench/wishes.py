"""What a prompt asks the scripted upstream for."""

from dataclasses import asdict, dataclass
from typing import Self

import orjson


@dataclass(frozen=True, slots=True)
class Wish:
    """One answer; it travels as the prompt, in JSON."""

    rate: float
    """Tokens per second."""
    tokens: int | None = None
    """How many; by default they go on until the round ends."""
    gated: bool = False
    """Whether the first token waits until the round begins."""
    delay: float = 0
    """Seconds between the head and the first token."""

    def prompt(self) -> str:
        """Return the prompt that asks for this."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def read(cls, prompt: str) -> Self:
        """Return what ``prompt`` asks for."""
        return cls(**orjson.loads(prompt))
