"""What becomes of a run whose owner is gone."""

from dataclasses import dataclass
from typing import Literal

Policy = Literal["interrupt", "retry", "continue"]
"""What a run wants: to be ended with its text kept, to be asked anew, or to be asked to go on."""
Decision = Literal["cancel", "interrupt", "retry", "continue"]

MAX_TAKEOVERS = 10
"""New owners that go on with a run at most: no loop of crashes may bill for ever."""
MAX_FRUITLESS = 2
"""New owners in a row that may come to nothing before the run is given up."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a new owner knows of a run."""

    policy: Policy
    takeovers: int
    """How many owners there were after the first, this one included."""
    fruitless: int
    """How many of them in a row found no more text than the one before."""
    stop_requested: bool


def decide(takeover: Takeover) -> Decision:
    """Return what the new owner has to do."""
    if takeover.stop_requested:
        return "cancel"
    if takeover.policy == "retry":
        return "retry" if takeover.takeovers == 1 else "interrupt"
    if takeover.policy == "continue":
        given_up = takeover.takeovers > MAX_TAKEOVERS or takeover.fruitless > MAX_FRUITLESS
        return "interrupt" if given_up else "continue"
    return "interrupt"
