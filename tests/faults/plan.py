"""Which faults, in which order, with which prompts: all of it follows from one seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .centrifugo_faults import CENTRIFUGO_FAULTS
from .client_faults import CLIENT_FAULTS
from .database_faults import DATABASE_FAULTS
from .people import Way
from .publish_faults import PUBLISH_FAULTS
from .scene import Fault, Size
from .service_faults import SERVICE_FAULTS
from .upstream_faults import UPSTREAM_FAULTS

FAULTS = (
    *CLIENT_FAULTS,
    *CENTRIFUGO_FAULTS,
    *SERVICE_FAULTS,
    *PUBLISH_FAULTS,
    *DATABASE_FAULTS,
    *UPSTREAM_FAULTS,
)
KINDS: tuple[Way, ...] = ("once", "anew", "on")
WAYS = (6, 2, 2)
"""How many of ten people ask once, ask for another answer, and stop an answer to go on with it."""
LATE = 0.2
"""The share of people who ask while the fault lasts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One round."""

    seed: str
    """Names the round, and is all that is needed to repeat it."""
    fault: Fault
    prompts: tuple[str, ...]
    """Of those who ask before the fault, then of those who ask meanwhile."""
    late: int
    """How many of them ask meanwhile."""

    ways: tuple[Way, ...] = ()
    """How they ask, all once if that is not said."""

    @property
    def random(self) -> random.Random:
        """What decides everything else, from its beginning."""
        return random.Random(f"{self.seed}, in the course of the round")


def faults_of(size: Size) -> list[Fault]:
    """Return the faults that can happen in a world of that size."""
    return [fault for fault in FAULTS if size in fault.sizes]


def plans(seed: str, faults: Sequence[Fault], people: int, runs: int) -> Iterator[Plan]:
    """Yield rounds, each fault in its turn, until there were that many runs."""
    number = 0
    while number * people < runs:
        yield plan(f"{seed}/{number}", faults[number % len(faults)], people)
        number += 1


def plan(seed: str, fault: Fault, people: int) -> Plan:
    """Return the round that the seed names."""
    chance = random.Random(seed)
    prompts = tuple(_prompt(chance, f"{seed}-{number}", fault) for number in range(people))
    late = max(1, int(people * LATE)) if fault.asks_meanwhile else 0
    shares = (1, 0, 0) if fault.all_ask_once else WAYS
    ways: tuple[Way, ...] = tuple(chance.choices(KINDS, shares, k=people))
    return Plan(seed, fault, prompts, late, ways)


def _prompt(chance: random.Random, name: str, fault: Fault) -> str:
    """Return a prompt whose answer takes one to five seconds; some reason first, some split characters."""
    rate = chance.choice((40, 100, 100, 400))
    tokens = int(rate * chance.uniform(1, 5))
    text = f"tokens:{tokens} rate:{rate} seed:{chance.randrange(10**6)}"
    if chance.random() < 0.2:
        text += f" reasoning:{int(rate * 0.5)}"
    if chance.random() < 0.2:
        text += " split:1"
    return f"{text}{fault.wish(chance)} please, for {name}"
