"""Tokens that say when they were sent: all processes of a machine share the monotonic clock."""

import time

WIDTH = 16
"""Characters of a token, so that tokens that were joined can be told apart again."""


def now() -> int:
    """Return the moment, in microseconds of the monotonic clock."""
    return time.monotonic_ns() // 1000


def written(moment: int) -> str:
    """Return the token that is sent at ``moment``."""
    return f"{moment:015d} "


def moments(text: str) -> list[int]:
    """Return when each of the tokens in ``text`` was sent."""
    return [int(text[at : at + WIDTH]) for at in range(0, len(text), WIDTH)]
