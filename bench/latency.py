"""(a) What the service adds between the upstream and the client, beside the floor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from . import stamps
from .figures import median, quantile, spread
from .floor import CLIENTS
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
    """How a comparison goes: each round is one answer of the service, and then one of every floor."""

    rate: float
    tokens: int
    rounds: int
    repetitions: int


@dataclass(slots=True)
class _Repetition:
    """Milliseconds from the sender to the client."""

    first: list[float] = field(default_factory=list)
    """Of the service's first tokens."""
    later: list[float] = field(default_factory=list)
    floors: dict[str, list[float]] = field(default_factory=lambda: {client: [] for client in CLIENTS})
    asking: list[float] = field(default_factory=list)
    """Milliseconds from the prompt to the request at the upstream."""


async def compare(rig: Rig, paces: Sequence[Pace]) -> None:
    """Measure and print."""
    measured: dict[Pace, list[_Repetition]] = {}
    async with running(Program("bench.floor", rig.environment, rig.directory)) as floor:
        (listener,) = await rig.listeners.first(1)
        await _round(rig, floor, listener, Pace(50, 10, 1, 1), _Repetition())
        for pace in paces:
            measured[pace] = [_Repetition() for _ in range(pace.repetitions)]
            for repetition in measured[pace]:
                for _ in range(pace.rounds):
                    await _round(rig, floor, listener, pace, repetition)
    say("(a) Latency in ms, upstream to client; idle: one answer, nothing else.")
    head = ("", "n", "p50", "p90", "p99", "p50 of first tokens ÷ it", "p50 of later tokens ÷ it")
    table(head, chain.from_iterable(_rows(pace, repetitions) for pace, repetitions in measured.items()))
    asking = [asking for repetition in chain(*measured.values()) for asking in repetition.asking]
    say(f"Before any token, from chat:send to the request at the upstream: p50 {median(asking):.1f} ms.\n")


async def _round(rig: Rig, floor: Program, listener: Listener, pace: Pace, repetition: _Repetition) -> None:
    limit = pace.tokens / pace.rate + _PATIENCE
    listener.forget()
    asked = stamps.now()
    await listener.send(Wish(pace.rate, pace.tokens, delay=_BEFORE_FIRST).prompt())
    await listener.until_ended(limit)
    repetition.asking.append(((await rig.round())["asked_at"] - asked) / 1000)
    first, *later = _delays(listener)
    repetition.first.append(first)
    repetition.later += later
    for client, delays in repetition.floors.items():
        listener.forget()
        wish = {"channel": listener.channel, "tokens": pace.tokens, "rate": pace.rate, "client": client}
        await rig.post(f"{floor.url}/tokens", wish)
        await listener.until_ended(limit)
        delays += _delays(listener)


def _delays(listener: Listener) -> list[float]:
    return [(arrived - sent) / 1000 for sent, arrived in zip(listener.sent, listener.arrived, strict=True)]


def _rows(pace: Pace, repetitions: Sequence[_Repetition]) -> list[list[str]]:
    rows = []
    for name, delays in (
        ("first tokens", [repetition.first for repetition in repetitions]),
        ("later tokens", [repetition.later for repetition in repetitions]),
    ):
        rows.append([f"service, {pace.rate:g}/s, {name}", *_quantiles(delays), "", ""])
    for client in CLIENTS:
        floor = [repetition.floors[client] for repetition in repetitions]
        ratios = [
            spread(
                [
                    median(getattr(mine, of)) / median(its)
                    for mine, its in zip(repetitions, floor, strict=True)
                ],
                2,
            )
            for of in ("first", "later")
        ]
        rows.append([f"floor, {pace.rate:g}/s, {client}", *_quantiles(floor), *ratios])
    return rows


def _quantiles(repetitions: Sequence[Sequence[float]]) -> list[str]:
    delays = [*chain(*repetitions)]
    return [str(len(delays)), *(f"{quantile(delays, share):.2f}" for share in (0.5, 0.9, 0.99))]
