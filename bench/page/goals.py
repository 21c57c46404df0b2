"""What was wanted, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..figures import median, spread
from ..tables import table


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that has to stay at or below a limit; the samples are of repetitions."""

    what: str
    limit: float
    unit: str
    samples: Sequence[float]
    digits: int = 0

    @property
    def met(self) -> bool:
        """Whether the median does."""
        return median(self.samples) <= self.limit

    def row(self) -> list[str]:
        """Return a row of the table."""
        measured = f"{spread(self.samples, self.digits)} {self.unit}"
        return [
            self.what,
            f"{self.limit:,g} {self.unit}",
            measured if self.met else f"**missed**: {measured}",
        ]


def compare(goals: Sequence[Goal]) -> None:
    """Print goals beside figures: the median, and the smallest and the largest in brackets."""
    table(["", "goal, at most", "measured"], (goal.row() for goal in goals))
