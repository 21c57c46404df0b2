"""(a) What the service adds between the upstream and the client, beside the floor."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from . import stamps
from .figures import median, quantile, spread
from .listeners import Listener
from .programs import Program, running
from .rig import Rig
from .tables import say, table
from .wishes import Wish

_BEFORE_FIRST = 0.1
"""Seconds that the upstream thinks before its first token."""
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a comparison goes: each round is one answer of the service and one of the floor."""

    rate: float
    tokens: int
    rounds: int
    repetitions: int


@dataclass(slots=True)
class _Delays:
    """Milliseconds from the sender to the client."""

    first: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)

    def take(self, listener: Listener) -> None:
        delays = [(at - sent) / 1000 for sent, at in zip(listener.sent, listener.arrived, strict=True)]
        self.first.append(delays[0])
        self.later += delays[1:]


@dataclass(slots=True)
class _Repetition:
    service: _Delays = field(default_factory=_Delays)
    floor: _Delays = field(default_factory=_Delays)
    asking: list[float] = field(default_factory=list)
    """Milliseconds from the prompt to the request at the upstream."""


async def compare(rig: Rig, paces: Sequence[Pace]) -> None:
    """Measure and print."""
    rows = []
    async with running(Program("bench.floor", rig.environment, rig.directory)) as floor:
        (listener,) = await rig.listeners.first(1)
        await _round(rig, floor, listener, Pace(50, 10, 1, 1), _Repetition())
        for pace in paces:
            repetitions = [_Repetition() for _ in range(pace.repetitions)]
            for repetition in repetitions:
                for _ in range(pace.rounds):
                    await _round(rig, floor, listener, pace, repetition)
            rows += _rows(pace, repetitions)
            asking = [asking for repetition in repetitions for asking in repetition.asking]
    say("(a) Latency in ms, upstream to client; idle: one answer, nothing else.")
    table(("token", "n", "service p50", "p90", "p99", "floor p50", "p90", "p99", "p50 ÷ floor"), rows)
    say(f"Before any token, from chat:send to the request at the upstream: p50 {median(asking):.1f} ms.")


async def _round(rig: Rig, floor: Program, listener: Listener, pace: Pace, repetition: _Repetition) -> None:
    listener.forget()
    asked = stamps.now()
    await listener.send(Wish(pace.rate, pace.tokens, delay=_BEFORE_FIRST).prompt())
    await _until_ended(listener, pace)
    repetition.asking.append(((await rig.round())["asked_at"] - asked) / 1000)
    repetition.service.take(listener)
    listener.forget()
    wish = {"channel": listener.channel, "tokens": pace.tokens, "rate": pace.rate}
    await rig.post(f"{floor.url}/tokens", wish)
    await _until_ended(listener, pace)
    repetition.floor.take(listener)


async def _until_ended(listener: Listener, pace: Pace) -> None:
    async with asyncio.timeout(pace.tokens / pace.rate + _PATIENCE):
        await listener.ended.wait()


def _rows(pace: Pace, repetitions: list[_Repetition]) -> list[list[object]]:
    rows: list[list[object]] = []
    for name in ("first", "later"):
        service = [getattr(repetition.service, name) for repetition in repetitions]
        # A loop has no first token to speak of: every publication is like the other.
        floor = [repetition.floor.first + repetition.floor.later for repetition in repetitions]
        ratios = [median(mine) / median(theirs) for mine, theirs in zip(service, floor, strict=True)]
        mine, theirs = [*chain(*service)], [*chain(*floor)]
        figures = [f"{quantile(of, share):.2f}" for of in (mine, theirs) for share in (0.5, 0.9, 0.99)]
        rows.append([f"{name}, {pace.rate:g}/s", len(mine), *figures, spread(ratios, 2)])
    return rows
