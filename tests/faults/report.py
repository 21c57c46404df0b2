"""The table of what was survived, per fault."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .result import KINDS, Result

SHOWN_STATUSES = ("completed", "interrupted", "failed")


@dataclass(slots=True)
class Row:
    """All rounds of one fault in one world."""

    rounds: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    slowest: float = 0

    def add(self, result: Result) -> None:
        """Add a round."""
        self.rounds += 1
        self.statuses.update(result.statuses)
        self.problems.update(kind for kind, _ in result.problems)
        self.slowest = max(self.slowest, result.slowest)

    def cells(self) -> list[str]:
        """Return what the table says of it."""
        numbers = [
            self.statuses.total(),
            *(self.statuses[status] for status in SHOWN_STATUSES),
            *(self.problems[kind] for kind in KINDS),
        ]
        return [*map(str, numbers), f"{self.slowest:.1f} s"]


def table(results: Sequence[Result]) -> str:
    """Return a table in Markdown, with a line for each fault and a last one for all."""
    lines: list[list[str]] = []
    for world in dict.fromkeys(result.world for result in results):
        here = [result for result in results if result.world == world]
        for fault in dict.fromkeys(result.plan.fault.name for result in here):
            row = _sum(result for result in here if result.plan.fault.name == fault)
            lines.append([world, fault, *row.cells()])
    lines.append(["all", "", *_sum(results).cells()])
    head = ["where", "fault", "runs", *SHOWN_STATUSES, *KINDS, "slowest end"]
    rule = ["---"] * 2 + ["---:"] * (len(head) - 2)
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *lines])


def runs(results: Iterable[Result]) -> int:
    """Return how many runs lived through a fault."""
    return sum(result.statuses.total() for result in results)


def _sum(results: Iterable[Result]) -> Row:
    row = Row()
    for result in results:
        row.add(result)
    return row
