"""How a run ended, in the protocol's words."""

from dataclasses import dataclass
from typing import Literal

from .chunks import FinishReason, Usage
from .objects import RunError, RunStatusName

StopReason = Literal["cancelled", "interrupted"]
"""Why a run was made to end: somebody stopped it, or this process has to."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Status, reason and error of a run that has ended."""

    status: RunStatusName
    finish_reason: FinishReason
    error: RunError | None = None


def finished(reason: FinishReason) -> Outcome:
    """Return the outcome of a regular end: complete, or cut by a limit of tokens or content."""
    cut = reason in ("length", "content-filter")
    return Outcome("incomplete" if cut else "completed", reason)


def stopped(reason: StopReason) -> Outcome:
    """Return the outcome of a run that was made to end."""
    return Outcome(reason, reason)


def failed(error: RunError) -> Outcome:
    """Return the outcome of a run that the model, or the way to it, failed."""
    refused = error.code == "model_refused"
    return Outcome("failed", "content-filter" if refused else "error", error)


def estimated_usage(prompt: int, answer: int) -> Usage:
    """Return what a prompt and an answer of so many characters cost, at four characters a token."""
    return Usage(-(-prompt // 4), -(-answer // 4), estimated=True)
