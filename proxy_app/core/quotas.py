"""How much a user may have: limits, what of them is used up, and when to try again."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from .sentences import counted, in_words

Window = Literal["minute", "day", "total"]
"""What is counted together; minutes and days begin for everybody at the same time, in UTC."""
MINUTE, DAY = 60_000, 86_400_000
"""Lengths of the windows, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a user may have; ``None`` for no limit of this kind, or for no opinion on it."""

    prompt: int | None = None
    """UTF-16 code units of a prompt."""
    runs: int | None = None
    """Answers at once."""
    prompts_per_minute: int | None = None
    prompts_per_day: int | None = None
    tokens_per_day: int | None = None
    """Model tokens, in and out; estimated where the model service does not tell."""
    conversations: int | None = None
    """Conversations that are kept."""
    storage: int | None = None
    """Characters of all messages that are kept."""
    calls_per_second: int | None = None
    """Calls of any method, on average; 1 at least."""

    def over(self, others: "Limits") -> "Limits":
        """Return these limits, and ``others`` where there is no opinion in these."""
        own = self.to_json()
        return Limits(
            **{field.name: own.get(field.name, getattr(others, field.name)) for field in fields(Limits)}
        )

    def to_json(self) -> dict[str, int]:
        """Return the limits that there are."""
        values = {field.name: getattr(self, field.name) for field in fields(Limits)}
        return {name: value for name, value in values.items() if value is not None}


def limits_of(told: object) -> Limits:
    """Return what a hook says of limits; what is no limit of ours, or no whole number, is left out."""
    if not isinstance(told, Mapping):
        return Limits()
    names = {field.name for field in fields(Limits)}
    return Limits(
        **{
            name: max(value, 0)
            for name, value in told.items()
            if name in names and isinstance(value, int) and not isinstance(value, bool)
        }
    )


@dataclass(frozen=True, slots=True)
class Used:
    """What was used in a window, the prompt included that is being sent."""

    prompts: int = 0
    tokens: int = 0
    size: int = 0
    """Characters of messages."""


def window_start(window: Window, now: int) -> int:
    """Return when the window that ``now`` lies in began, in milliseconds."""
    if window == "total":
        return 0
    length = MINUTE if window == "minute" else DAY
    return now - now % length


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a prompt is not taken; ``message`` is for the user."""

    kind: Literal["rate", "size"]
    """``rate``: waiting helps; ``size``: only having less does."""
    message: str


def refusal(limits: Limits, used: Mapping[Window, Used], now: int) -> Refusal | None:
    """Return why a prompt is not taken, if it is not."""
    minute, day, total = (used.get(window, Used()) for window in ("minute", "day", "total"))
    most = limits.prompts_per_minute
    if most is not None and minute.prompts > most:
        wait = in_words(MINUTE - now % MINUTE)
        return Refusal("rate", f"You may send {counted(most, 'message')} a minute. Try again in {wait}.")
    most, tomorrow = limits.prompts_per_day, in_words(DAY - now % DAY)
    if most is not None and day.prompts > most:
        return Refusal("rate", f"You may send {counted(most, 'message')} a day. Try again in {tomorrow}.")
    if limits.tokens_per_day is not None and day.tokens >= limits.tokens_per_day:
        return Refusal("rate", f"What may be used of the model in a day is used up. Try again in {tomorrow}.")
    if limits.storage is not None and total.size > limits.storage:
        return Refusal(
            "size", "There is no room left for more messages. Delete conversations that you do not need."
        )
    return None
