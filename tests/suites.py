"""What ``make test`` runs, in which order, and what is left out where."""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "test-results"
"""Where pytest writes its counts."""
LEVELS = ("unit", "app", "client", "e2e", "faults", "browser")
"""Folders of Python tests, from the cheapest to the dearest."""

Command = tuple[str | Path, ...]
Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Suite:
    """Commands that tell by their exit codes whether all is well; the first that fails is the last."""

    name: str
    commands: tuple[Command, ...]
    folder: Path = ROOT
    is_check: bool = False
    """Whether it only reads the sources."""
    left_out: str | None = None
    """Why it can't run here."""

    @property
    def report(self) -> Path:
        """The file of counts, where there is one."""
        return RESULTS / f"{self.name.replace(' ', '-')}.xml"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a suite."""

    name: str
    status: Status
    seconds: float
    told: str


def suites(npm: Command) -> Iterator[Suite]:
    """Yield all suites, in the order in which they run; ``npm`` says how to run npm."""
    python = (sys.executable, "-m")
    frontend, embedded = ROOT / "frontend", ROOT / "centrifugo" / "embedded"
    yield Suite("ruff format", ((*python, "ruff", "format", "--check", "."),), is_check=True)
    yield Suite("ruff check", ((*python, "ruff", "check", "."),), is_check=True)
    yield Suite("mypy", ((*python, "mypy"),), is_check=True)
    yield Suite("tsc", ((*npm, "run", "check"),), frontend, is_check=True)
    yield Suite("go vet", (("go", "vet", "./..."),), embedded, is_check=True)
    yield Suite("TypeScript tests", ((*npm, "test"),), frontend)
    yield Suite("go test", (("go", "test", "./..."),), embedded)
    yield _strict_configuration()
    for level in _levels():
        yield _pytest(level)


def counts(suite: Suite) -> str:
    """Return how many tests of a pytest suite passed, failed and were skipped, and why."""
    if not suite.report.exists():
        return ""
    # pytest wrote it a moment ago.
    root = ElementTree.parse(suite.report).getroot()
    numbers: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for case in root.iter("testcase"):
        kind = next((child for child in case if child.tag in {"failure", "error", "skipped"}), None)
        numbers["passed" if kind is None else "skipped" if kind.tag == "skipped" else "failed"] += 1
        if kind is not None and kind.tag == "skipped":
            reasons[kind.get("message", "")] += 1
    told = ", ".join(f"{numbers[status]} {status}" for status in ("passed", "failed", "skipped"))
    return told + "".join(f"; {number} × {reason}" for reason, number in reasons.items())


def _strict_configuration() -> Suite:
    binary = shutil.which("centrifugo")
    command: Command = (binary or "centrifugo", "checkconfig", "-c", "centrifugo/config.json", "--strict")
    left_out = None if binary else "there is no centrifugo on PATH"
    return Suite("centrifugo checkconfig", (command,), left_out=left_out)


def _levels() -> list[str]:
    """Return the folders that hold tests; those that nobody named come last."""
    there = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    return [level for level in LEVELS if level in there] + sorted(there.difference(LEVELS))


def _pytest(level: str) -> Suite:
    suite = Suite(f"pytest {level}", ())
    command: Command = (sys.executable, "-m", "pytest", f"tests/{level}", f"--junitxml={suite.report}")
    return Suite(suite.name, (command,))
