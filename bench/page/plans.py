"""How much is measured: everything, or a glance that shows that the benchmark itself works."""

from collections.abc import Sequence
from dataclasses import dataclass

from .long_conversation import Long
from .streaming import Stream


@dataclass(frozen=True, slots=True)
class Plan:
    """The measurements."""

    streams: Sequence[Stream]
    long: Long
    memory: Stream


FULL = Plan(
    streams=[
        Stream(20_000, 500, repetitions=3),
        Stream(20_000, 2_000, repetitions=3),
        Stream(20_000, 0, repetitions=3),
    ],
    long=Long(messages=500, openings=5, keys=80, rate=200),
    memory=Stream(50_000, 2_500, repetitions=2),
)
"""Everything."""

QUICK = Plan(
    streams=[Stream(800, 800, repetitions=1), Stream(800, 0, repetitions=1)],
    long=Long(messages=40, openings=1, keys=5, rate=200),
    memory=Stream(2_000, 0, repetitions=1),
)
"""A glance."""
