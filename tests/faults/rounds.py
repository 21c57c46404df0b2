"""Plays a round: people come, ask, are struck, and are asked what they have in the end."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.fakes.openai_text import read_wish
from tests.suites import RESULTS

from .checks import check_bound, check_person, check_world, log_sizes
from .pages import Pages
from .people import Person, Witness
from .plan import Plan
from .result import LOGGED, MISSING_END, Result
from .scene import BOUND, Scene
from .world import World

LONGEST_ROUND = 90.0
"""Seconds after which a round is given up, whatever it waits for."""


async def play(world: World, pages: Pages, plan: Plan) -> Result:
    """Play a round, and leave the world well."""
    result = Result(plan, world.name)
    await world.ensure_well()
    read = log_sizes(world)
    scene = Scene(world, pages, [], plan.random, result.story)
    try:
        async with asyncio.timeout(LONGEST_ROUND):
            await plan.fault.prepare(scene)
            async with _people(world, pages, plan) as everybody:
                await _play(result, scene, everybody)
            await check_world(result, scene, read)
    except Exception:
        result.blame(LOGGED, f"the round itself failed:\n{traceback.format_exc()}")
    pages.thaw()
    await world.ensure_well()
    await plan.fault.restore(scene)
    if result.problems:
        result.logs = _keep_logs(result, world, read)
    return result


def _keep_logs(result: Result, world: World, read: dict[str, int]) -> str:
    """Copy what this round wrote into logs, for who looks for the reason."""
    folder = RESULTS / "faults" / result.plan.seed
    folder.mkdir(parents=True, exist_ok=True)
    for process in world.children:
        text = process.log.read_bytes()[read.get(process.name, 0) :]
        (folder / f"{process.name.replace(' ', '-')}.log").write_bytes(text)
    return str(folder)


async def _play(result: Result, scene: Scene, everybody: list[Person]) -> None:
    plan = result.plan
    early = len(everybody) - plan.late
    scene.people = everybody[:early]
    async with asyncio.TaskGroup() as group:
        watches = {person: group.create_task(_end_of(person)) for person in everybody}
        asking = [group.create_task(person.ask()) for person in scene.people]
        asking += [group.create_task(_ask_meanwhile(scene, person)) for person in everybody[early:]]
        await plan.fault.strike(scene)
        limit = _longest_answer(plan) + BOUND
        await asyncio.wait([*watches.values(), *asking], timeout=limit)
        for task in (*watches.values(), *asking):
            task.cancel()
    await scene.world.ensure_well()
    for person, watch in watches.items():
        if watch.cancelled():
            result.blame(MISSING_END, f"{_known(person)} has no end after {limit:.0f} s")
            continue
        result.slowest = max(result.slowest, watch.result() - scene.healed_at)
        check_bound(result, scene, person, watch.result())
        await check_person(result, scene, person)


async def _ask_meanwhile(scene: Scene, person: Person) -> None:
    await scene.struck.wait()
    await asyncio.sleep(scene.random.random())
    await person.ask()


async def _end_of(person: Person) -> float:
    await person.ended(LONGEST_ROUND)
    return time.monotonic()


def _longest_answer(plan: Plan) -> float:
    """Return how many seconds the upstream needs for the longest answer."""
    wishes = [read_wish(prompt) for prompt in plan.prompts]
    return max((wish.tokens + wish.reasoning) / wish.rate + wish.head for wish in wishes)


def _known(person: Person) -> str:
    page = {**person.told_by_page, "runs": person.on_page() if person.reply() else None}
    reply = person.reply()
    if reply is None:
        runs = dict(person.witness.state.runs)
        return f"the prompt {person.prompt!r} (known to the client: {runs}; to the page: {page})"
    held = person.witness.held(person.run)
    return f"run {person.run} of {person.prompt!r} (client: {held and held.status}; page: {page})"


@asynccontextmanager
async def _people(world: World, pages: Pages, plan: Plan) -> AsyncIterator[list[Person]]:
    """Let them all come, and leave when the round is over."""
    async with AsyncExitStack() as opened:
        people = []
        for number, prompt in enumerate(plan.prompts):
            witness = await opened.enter_async_context(Witness.open(world.url))
            assert isinstance(witness, Witness)
            way = plan.ways[number] if plan.ways else "once"
            on_page = number % 2 == 0 and way == "once"
            person = Person(f"{plan.seed}-{number}", witness, pages, prompt, way=way, asks_on_page=on_page)
            people.append(person)
        await asyncio.gather(*(person.open_page(world.url) for person in people))
        try:
            yield people
        finally:
            for person in people:
                await person.close_page()
