"""``make soak MINUTES=30``: use the product slowly for a while, and see what grows that should not."""

import argparse
import asyncio
import itertools
import random
import sys
import time
from dataclasses import asdict

from tests.client import ChatClient
from tests.fakes.openai_server import expected_text

from .figures import Figures, judge, look
from .world import World, open_small

PEOPLE = 8
"""Users, each of whom asks again and again, always in a new conversation."""
PAUSE = 5.0
"""Mean seconds between two prompts of a user."""
EVERY = 15.0
"""Seconds between two looks."""
WARM_UP = 0.3
"""The share of the time that does not count: pools fill, caches grow, histories get their length."""


class Soak:
    """A slow load that checks every text."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.answers = 0
        self.wrong = 0

    async def person(self, number: int) -> None:
        """Come, ask, read, go, and come again, for ever; every fifth time stop the answer."""
        chance = random.Random(number)
        token: str | None = None
        for turn in itertools.count():
            async with ChatClient.open(self._world.url, token) as client:
                token = client.token
                for _ in range(chance.randint(1, 4)):
                    await asyncio.sleep(chance.expovariate(1 / PAUSE))
                    await self._ask(client, f"{number}-{turn}-{chance.random()}", stop=chance.random() < 0.2)

    async def _ask(self, client: ChatClient, name: str, *, stop: bool) -> None:
        prompt = f"tokens:200 rate:100 for {name}"
        sent = await client.send(prompt)
        if stop:
            await client.begun(sent.run)
            await client.stop(sent.run)
        run = await client.ended(sent.run)
        text, expected = client.text(sent.reply["id"]), expected_text(prompt)
        self.answers += 1
        if not (text == expected or (run.status == "cancelled" and expected.startswith(text))):
            self.wrong += 1


async def soak(minutes: float) -> int:
    """Run the load; print figures; return the exit code."""
    async with open_small(probed=True) as world:
        load = Soak(world)
        people = [
            asyncio.create_task(load.person(number), name=f"person {number}") for number in range(PEOPLE)
        ]
        began = time.monotonic()
        figures: list[Figures] = []
        print(" | ".join(["minutes", "answers", *(name.replace("_", " ") for name in Figures.names())]))
        try:
            while (passed := time.monotonic() - began) < minutes * 60:
                figures.append(await look(world, passed))
                told = [f"{value:g}" for value in list(asdict(figures[-1]).values())[1:]]
                print(" | ".join([f"{passed / 60:.1f}", str(load.answers), *told]), flush=True)
                await asyncio.wait(people, timeout=EVERY, return_when=asyncio.FIRST_COMPLETED)
                broken = [person for person in people if person.done()]
                for person in broken:
                    await person
        finally:
            for person in people:
                person.cancel()
            await asyncio.gather(*people, return_exceptions=True)
        rest = await look(world, time.monotonic() - began, settled=True)
    problems = judge(figures, rest, warm_up=WARM_UP * minutes * 60)
    if load.wrong:
        problems.append(f"{load.wrong} texts were wrong")
    print(f"\n{load.answers} answers in {minutes:g} minutes.")
    print("\n".join(problems) if problems else "Nothing leaks.")
    return 1 if problems else 0


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    return asyncio.run(soak(parser.parse_args().minutes))


if __name__ == "__main__":
    sys.exit(main())
