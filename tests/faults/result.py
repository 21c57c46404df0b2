"""What came of a round."""

from collections import Counter
from dataclasses import dataclass, field

from .plan import Plan

WRONG_TEXT, MISSING_END, DOUBLE_END = "wrong texts", "missing ends", "double ends"
LATE_END, LEFT_RUNNING, SHOWN_ERROR, LOGGED = "late ends", "left running", "errors shown", "errors logged"
KINDS = (WRONG_TEXT, MISSING_END, DOUBLE_END, LATE_END, LEFT_RUNNING, SHOWN_ERROR, LOGGED)


@dataclass(slots=True)
class Result:
    """A round's figures and problems."""

    plan: Plan
    world: str
    statuses: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Kind and sentence."""
    slowest: float = 0
    """Seconds from the moment when all was well again to the last end that was not there then."""
    story: list[str] = field(default_factory=list)
    logs: str = ""
    """Where the logs of a round that went wrong are."""

    def blame(self, kind: str, sentence: str) -> None:
        """Note a problem."""
        self.problems.append((kind, sentence))

    def __str__(self) -> str:
        told = f"{self.plan.fault.name} in {self.world}, seed {self.plan.seed}: {', '.join(self.story)}"
        return "\n".join(
            [told, *(f"    {kind}: {sentence}" for kind, sentence in self.problems), f"    logs: {self.logs}"]
        )
