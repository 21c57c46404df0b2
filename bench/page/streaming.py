"""A long answer as it grows: tasks of the main thread, its work, and what a token costs early and late."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from playwright.async_api import Browser

from tests.fakes.openai_steps import DONE, Finish, Head, Pause, Script, Step, Text, Usage, Wait
from tests.stack import Stack

from ..figures import median, quantile, spread
from ..tables import say, table
from .browser import Tab, Used, open_tab
from .goals import Goal
from .markdown import tokens

QUARTERS = 4
_TICK = 0.02
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Stream:
    """How an answer comes."""

    tokens: int
    rate: float
    """Tokens per second; 0 for as fast as they are read."""
    repetitions: int

    @property
    def name(self) -> str:
        """What a table calls it."""
        return f"{self.tokens:,} at {self.rate:,.0f}/s" if self.rate else f"{self.tokens:,} at once"


@dataclass(slots=True)
class Figures:
    """What was measured in the repetitions of a stream."""

    worst: list[float] = field(default_factory=list)
    """Milliseconds: p95 of the longest tasks of 100 ms each."""
    work: list[float] = field(default_factory=list)
    """The same in CPU of the main thread alone."""
    longest: list[float] = field(default_factory=list)
    long: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    scripts: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    """Microseconds of CPU per token in the first quarter."""
    last: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Quarters:
    """The script of an answer that waits at the end of each quarter, and the marks that stand there."""

    stream: Stream
    gates: list[asyncio.Event] = field(default_factory=lambda: [asyncio.Event() for _ in range(QUARTERS)])

    def mark(self, quarter: int) -> str:
        """Return what the answer says at the end of a quarter."""
        return f"that was part {quarter + 1}"

    def script(self) -> Script:
        """Return the script."""
        return list(self._steps())

    def _steps(self) -> Iterator[Step]:
        said = tokens(self.stream.tokens)
        each = len(said) // QUARTERS
        at_once = max(1, round(self.stream.rate * _TICK))
        yield Head()
        for quarter, gate in enumerate(self.gates):
            yield Wait(gate)
            part = said[quarter * each : (quarter + 1) * each]
            for at in range(0, len(part), at_once):
                yield from map(Text, part[at : at + at_once])
                if self.stream.rate:
                    yield Pause(_TICK)
            yield Text(f"\n\n{self.mark(quarter)}\n\n")
        yield from (Finish(), Usage(), DONE)

    async def walk(self, tab: Tab, *, swept: bool = False) -> list[Used]:
        """Open one gate after the other; return what was used before the first and after each."""
        used = [await tab.used(swept=swept)]
        for quarter, gate in enumerate(self.gates):
            gate.set()
            await tab.shows(self.mark(quarter), _PATIENCE)
            used.append(await tab.used(swept=swept))
        return used


async def measure(browser: Browser, stack: Stack, streams: Sequence[Stream]) -> Sequence[Goal]:
    """Stream answers at their rates."""
    figures = {stream: Figures() for stream in streams}
    for turn in range(max(stream.repetitions for stream in streams)):
        for stream in streams:
            if turn < stream.repetitions:
                await _once(browser, stack, stream, figures[stream])
    say("Streaming: the main thread while an answer of markdown grows.")
    head = ["tokens", "longest task in 100 ms: p95, ms", "its CPU, ms", "of all, ms", "tasks > 50 ms"]
    costs = ["CPU, s", "in scripts, s", "CPU µs/token, first quarter", "last", "last ÷ first"]
    table([*head, *costs], (_row(stream, figures[stream]) for stream in streams))
    return [goal for stream in streams for goal in _goals(stream, figures[stream])]


async def _once(browser: Browser, stack: Stack, stream: Stream, figures: Figures) -> None:
    quarters = Quarters(stream)
    async with open_tab(browser, stack) as tab:
        stack.openai.scripts.append(quarters.script())
        await tab.send(f"A long answer, {stream.name}")
        await tab.page.get_by_role("button", name="Stop").wait_for()
        async with tab.traced() as trace:
            used = await quarters.walk(tab)
            await tab.ended()
    worst = trace.worst()
    figures.worst.append(quantile([task.length for task in worst], 0.95))
    figures.work.append(quantile([task.work for task in worst], 0.95))
    figures.longest.append(max(task.length for task in worst))
    figures.long.append(trace.long)
    figures.busy.append(used[-1].busy - used[0].busy)
    figures.scripts.append(used[-1].scripts - used[0].scripts)
    costs = [after.busy - before.busy for before, after in pairwise(used)]
    each = stream.tokens / QUARTERS / 1e6
    figures.first.append(costs[0] / each)
    figures.last.append(costs[-1] / each)


def _row(stream: Stream, figures: Figures) -> list[str]:
    return [
        stream.name,
        spread(figures.worst, 1),
        spread(figures.work, 1),
        spread(figures.longest, 1),
        spread(figures.long),
        spread(figures.busy, 1),
        spread(figures.scripts, 1),
        spread(figures.first),
        spread(figures.last),
        f"{median(figures.last) / median(figures.first):.2f}",
    ]


def _goals(stream: Stream, figures: Figures) -> Iterator[Goal]:
    if not stream.rate:
        return  # It comes in a handful of pieces, as after a reload: what that takes is above.
    yield Goal(f"{stream.name}: longest task in 100 ms, p95", 50, "ms", figures.worst, 1)
    ratios = [last / first for first, last in zip(figures.first, figures.last, strict=True)]
    yield Goal(f"{stream.name}: cost of a token, last ÷ first quarter", 1.5, "×", ratios, 2)
