"""How much is measured: everything, or a glance that shows that the benchmark itself works."""

from collections.abc import Sequence
from dataclasses import dataclass

from .capacity import Search, Searches
from .costs import Trial
from .latency import Pace
from .loads import Load


@dataclass(frozen=True, slots=True)
class Plan:
    """The measurements over one kind of Centrifugo."""

    latency: Sequence[Pace]
    capacity: Searches
    costs: Trial | None


FULL = Plan(
    latency=[Pace(10, 8, rounds=8, repetitions=3), Pace(50, 50, rounds=2, repetitions=3)],
    capacity=Searches(
        service=Search(
            [Load(streams, 50) for streams in range(120, 541, 60)], repetitions=3, warm_up=2, window=5
        ),
        tuned=Search([Load(streams, 50) for streams in range(8, 41, 8)], repetitions=3, warm_up=1, window=4),
        # A token costs it more than the 20 ms that a stream of 50/s has: slower streams show what it can do.
        plain=Search([Load(1, rate) for rate in (12.5, 25, 50)], repetitions=3, warm_up=1, window=4),
    ),
    costs=Trial(
        [Load(1, 20), Load(1, 50), Load(100, 20), Load(100, 50), Load(1000, 5)],
        repetitions=2,
        warm_up=1,
        window=5,
    ),
)
"""Everything."""

OTHER = Plan(
    latency=[Pace(10, 8, rounds=4, repetitions=3)],
    capacity=Searches(
        service=Search([Load(streams, 50) for streams in range(180, 541, 120)], 1, warm_up=2, window=5),
        tuned=Search([Load(streams, 50) for streams in range(8, 41, 8)], 1, warm_up=1, window=4),
        plain=Search([Load(1, rate) for rate in (12.5, 25, 50)], 1, warm_up=1, window=4),
    ),
    costs=None,
)
"""A shorter look over another Centrifugo: what a token costs the service does not depend on it."""

QUICK = Plan(
    latency=[Pace(10, 3, rounds=1, repetitions=1), Pace(50, 5, rounds=1, repetitions=1)],
    capacity=Searches(
        service=Search([Load(5, 50)], repetitions=1, warm_up=0.2, window=0.5),
        tuned=Search([Load(1, 50)], repetitions=1, warm_up=0.2, window=0.5),
        plain=Search([Load(1, 5)], repetitions=1, warm_up=0.2, window=0.5),
    ),
    costs=Trial([Load(1, 50), Load(10, 20)], repetitions=1, warm_up=0.2, window=0.5),
)
"""A glance."""
