"""Answers that are always being written: as one ends, its person asks for the next."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from .answers import prompt
from .crowd import AT_ONCE, Answer, Crowd

RATE = 4
"""Tokens per second of one answer: as fast as two cores can write, balance, deliver and check hundreds."""
LONGEST = 45.0
"""Seconds that an answer may take until its client has its end, whatever happens meanwhile."""
SHARE = 0.9
"""How many of them have to be seen streaming; the others have just ended, or were just asked for."""


@dataclass(slots=True)
class Stream:
    """So many answers at any time."""

    crowd: Crowd
    wanted: int
    tokens: int
    """Of each answer."""
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def streaming(self) -> int:
        """Count the answers that somebody follows, has text of, and knows no end of."""
        last = self.crowd.answers[-2 * self.wanted :]
        held = (answer.client.held(answer.sent.run) for answer in last if answer.client.subscribed)
        return sum(run is not None and run.text() != "" and not run.ended for run in held)

    async def full(self) -> int:
        """Wait until about all are streaming; return how many are."""
        async with asyncio.timeout(LONGEST):
            while (now := self.streaming()) < SHARE * self.wanted:
                self._raise()
                await asyncio.sleep(0.05)
        return now

    async def finish(self) -> None:
        """Let those end that are streaming, and ask for no more."""
        self._over.set()
        await asyncio.gather(*self._tasks)

    def _raise(self) -> None:
        for task in self._tasks:
            if task.done():
                task.result()

    async def _ask_again_and_again(self, number: int) -> None:
        client = self.crowd.people[number % len(self.crowd.people)]
        for turn in count():
            if self._over.is_set():
                return
            # The first ones are cut short here and there, so that not all end at the same time.
            tokens = self.tokens if turn else random.Random(number).randint(2, self.tokens)
            text = prompt(f"tokens:{tokens} rate:{RATE}")
            async with self._turns:
                answer = Answer(client, text, await client.send(text))
            self.crowd.answers.append(answer)
            try:
                await client.ended(answer.sent.run, LONGEST)
            except TimeoutError:
                raise AssertionError(await self.crowd.late(LONGEST)) from None


@asynccontextmanager
async def streaming(crowd: Crowd, wanted: int, tokens: int) -> AsyncIterator[Stream]:
    """Keep ``wanted`` answers streaming while the block lasts, unless they are let finish before."""
    stream = Stream(crowd, wanted, tokens)
    stream._tasks += [
        asyncio.create_task(stream._ask_again_and_again(number), name=f"stream {number}")
        for number in range(wanted)
    ]
    try:
        yield stream
    finally:
        for task in stream._tasks:
            task.cancel()
        await asyncio.gather(*stream._tasks, return_exceptions=True)
