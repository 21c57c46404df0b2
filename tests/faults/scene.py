"""One round while it is played: who is there, what struck them, and when."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from .pages import Pages
from .people import Person
from .world import World

Size = Literal["small", "large"]
ONLY_SMALL: tuple[Size, ...] = ("small",)
ONLY_LARGE: tuple[Size, ...] = ("large",)
BOUND = 15.0
"""Seconds within which a run must have its end after its process died, or after all is well again."""


@dataclass(slots=True)
class Scene:
    """A round."""

    world: World
    pages: Pages
    people: list[Person]
    """Those who asked before the fault; those who ask meanwhile are not in here."""
    random: random.Random
    """Decides everything that the plan leaves open, from the round's seed."""
    story: list[str] = field(default_factory=list)
    """What was done, for who has to repeat it."""
    struck: asyncio.Event = field(default_factory=asyncio.Event)
    struck_at: float = 0
    healed_at: float = 0
    running: set[str] = field(default_factory=set)
    """Who was waiting for an answer that had been taken, when the fault struck."""

    async def sometime(self, shortest: float, longest: float) -> None:
        """Let some time pass, as the seed wills."""
        seconds = self.random.uniform(shortest, longest)
        self.story.append(f"{seconds:.2f} s")
        await asyncio.sleep(seconds)

    def strike(self, what: str) -> None:
        """Note that now it happens."""
        self.story.append(what)
        if not self.struck.is_set():
            self.struck_at = time.monotonic()
            self.running = {person.name for person in self.people if person.reply() is not None}
            self.struck.set()

    def heal(self, what: str) -> None:
        """Note that from now on all is well."""
        self.story.append(what)
        self.healed_at = time.monotonic()


async def nothing(_: Scene) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, and what may come of it."""

    name: str
    strike: Callable[[Scene], Awaitable[None]]
    """Does it, and returns when all is well again, as far as that is meant to be."""
    may_end: Collection[str] = ("completed",)
    """Statuses that an answer may end with."""
    bound: float | None = None
    """Seconds after the strike within which those that it ends must have their end."""
    bound_when_back: float | None = None
    """Seconds for the same, counted from the moment when the process that was killed is back."""
    sizes: Collection[Size] = ("small", "large")
    """Where it can happen."""
    wish: Callable[[random.Random], str] = lambda _: ""
    """What prompts add to ask the upstream for trouble."""
    errors: Collection[str] = ()
    """Error codes that an answer may end with."""
    prepare: Callable[[Scene], Awaitable[None]] = nothing
    """What is done before anybody asks."""
    restore: Callable[[Scene], Awaitable[None]] = nothing
    """What is done when all has ended."""
    asks_meanwhile: bool = True
    """Whether some people ask while it lasts."""
    all_ask_once: bool = False
    """Whether it waits for exactly one answer of everybody."""
    lacks: str = ""
    """The package that it needs and that is not installed here."""
    goes_on: bool = False
    """Whether an answer may go on with what the model says when it is told to."""
