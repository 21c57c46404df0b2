"""Who calls a method."""

from dataclasses import dataclass

from ..core.quotas import Limits


@dataclass(frozen=True, slots=True)
class Caller:
    """A user who calls a method, and what the hook that let them in says of their limits."""

    user: str
    limits: Limits
