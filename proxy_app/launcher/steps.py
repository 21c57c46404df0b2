"""What the launcher says: each step, and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def say(line: str) -> None:
    """Print a line at once; nobody may be there to read it."""
    with suppress(BrokenPipeError):
        print(line, flush=True)


class Steps:
    """Prints steps; slow ones also when they begin."""

    def __init__(self, began: float | None = None) -> None:
        self._began = time.time() if began is None else began

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning of the whole."""
        return time.time() - self._began

    @contextmanager
    def step(self, text: str, *, slow: bool = False) -> Iterator[None]:
        """Time what happens inside; what fails is not reported as done."""
        began = time.monotonic()
        if slow:
            say(f"[   ...] {text}")
        yield
        say(f"[{time.monotonic() - began:4.1f} s] {text}")

    def say(self, text: str) -> None:
        """Print a line that is no step."""
        say(f"         {text}")
