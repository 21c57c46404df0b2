"""What must be true of every run after a round, whatever happened."""

import asyncio
from collections.abc import Callable
from typing import Any

from proxy_app.runs.writer import GO_ON
from tests.client import ChatClient
from tests.fakes.openai_server import expected_text

from .people import Person
from .result import DOUBLE_END, LATE_END, LEFT_RUNNING, LOGGED, SHOWN_ERROR, WRONG_TEXT, Result
from .scene import Scene
from .world import World

Json = dict[str, Any]
EXPECTED_CODES = {100, 1503}
"""Errors that a client repeats without telling anybody: the service is away, or says that it is busy."""
KEPT = 3.0
"""Seconds after which text that was shown must survive everything: it is stored once a second."""
SETTLING = 8.0
"""Seconds after the last end within which nothing may be left of a round."""


async def check_person(result: Result, scene: Scene, person: Person) -> None:
    """Compare what both devices hold with what is stored, and that with what the upstream said."""
    stored = await _stored(scene.world, person)
    run = stored["run"]
    text = "".join(part["text"] for part in stored["parts"] if part["type"] == "text")
    result.statuses[run["status"]] += 1
    told = f"run {run['id']} of {person.prompt!r} ({run['status']})"
    fault = result.plan.fault
    error = run.get("error", {}).get("code")
    may_end = set(fault.may_end)
    if person.way == "on":
        # The upstream misbehaves where a prompt says so, and being told to go on says nothing of it. Who
        # stops an answer to go on with it can't where its first words went with the service.
        may_end.add("completed" if text else "cancelled")
    if run["status"] not in may_end or (error and error not in fault.errors):
        result.blame(SHOWN_ERROR, f"{told} has the error {error}")
    if not was_said(
        text, person.prompt, whole=run["status"] == "completed", goes_on=fault.goes_on or person.way == "on"
    ):
        where = _differ(text, expected_text(person.prompt))
        result.blame(WRONG_TEXT, f"{told}: the store has what the upstream never said{where}")
    shown = [length for at, length in person.witness.lengths[run["id"]] if at < scene.struck_at - KEPT]
    if len(text) < max(shown, default=0):
        result.blame(WRONG_TEXT, f"{told}: {max(shown)} characters were shown, {len(text)} are kept")
    held = person.witness.text(stored["id"])
    if held != text:
        result.blame(WRONG_TEXT, f"{told}: a client differs from the store{_differ(held, text)}")
    on_page = person.on_page() or {"text": "", "status": "unknown"}
    if on_page["text"] != text:
        result.blame(WRONG_TEXT, f"{told}: a page differs from the store{_differ(on_page['text'], text)}")
    statuses = {run["status"], on_page["status"], getattr(person.witness.held(run["id"]), "status", None)}
    if len(statuses) > 1:
        result.blame(DOUBLE_END, f"{told}: devices and store disagree on the end: {statuses}")
    ends = set(person.witness.ends[run["id"]]).union(*(gate.ends[run["id"]] for gate in scene.world.outgoing))
    if len(ends) > 1:
        result.blame(DOUBLE_END, f"{told} has {len(ends)} different ends")
    _check_messages(result, person)


def _check_messages(result: Result, person: Person) -> None:
    """Look for errors that a user should not see, and for clients that had to be helped."""
    witness, page = person.witness, person.told_by_page
    if odd := set(witness.codes) - EXPECTED_CODES:
        result.blame(SHOWN_ERROR, f"{person.name} was told {odd}")
    if witness.mismatches:
        result.blame(WRONG_TEXT, f"{person.name} found {witness.mismatches} checksums wrong")
    if told := [str(failure) for failure in (*witness.failures, witness.terminated) if failure]:
        result.blame(SHOWN_ERROR, f"the client of {person.name} broke: {told}")
    if page.get("faults") or page.get("failures"):
        result.blame(SHOWN_ERROR, f"the page of {person.name} says {page['faults'] + page['failures']}")


async def check_world(result: Result, scene: Scene, read: dict[str, int]) -> None:
    """Look for what is left of a round, upstream and in the database, and for errors in the logs."""
    world = scene.world
    if not await _within(SETTLING, lambda: world.openai.open_streams == 0):
        result.blame(LEFT_RUNNING, f"{world.openai.open_streams} streams are open upstream")
    if running := await world.database.running():
        result.blame(LEFT_RUNNING, f"the database has {len(running)} runs as running: {sorted(running)[:3]}")
    for process in world.children:
        with process.log.open("rb") as log:
            log.seek(read.get(process.name, 0))
            lines = log.read().decode(errors="replace").splitlines()
        for line in lines:
            if line.startswith(("ERROR", "CRITICAL", "Traceback", "Task exception", "panic")):
                result.blame(LOGGED, f"{process.name}: {line[:300]}")


def log_sizes(world: World) -> dict[str, int]:
    """Return how long the logs are, by their process."""
    return {each.name: each.log.stat().st_size if each.log.exists() else 0 for each in world.children}


def check_bound(result: Result, scene: Scene, person: Person, ended_at: float) -> None:
    """See whether a run that the fault ended did end in time."""
    fault, held = result.plan.fault, person.witness.held(person.run)
    if held is None or held.status == "completed" or person.name not in scene.running:
        return
    for bound, since in ((fault.bound, scene.struck_at), (fault.bound_when_back, scene.healed_at)):
        if bound is not None and (late := ended_at - since) > bound:
            result.blame(LATE_END, f"run {person.run} ended after {late:.1f} s, not within {bound:g} s")


async def _stored(world: World, person: Person) -> Json:
    """Read the answer as a device does that was never there before."""
    reply = person.reply()
    assert reply is not None
    async with ChatClient.open(world.url, person.witness.token, subscribe=False) as reader:
        page = await reader.call("chat:conversation", {"conversation": reply["conversation"]})
    message: Json = next(each for each in page["messages"] if each["id"] == reply["id"])
    return message


def was_said(text: str, prompt: str, *, whole: bool, goes_on: bool) -> bool:
    """Tell whether the upstream can have said this to the prompt, and all of it if it has to be ``whole``."""
    expected = expected_text(prompt)
    if expected.startswith(text) and (not whole or text == expected):
        return True
    if not goes_on:
        return False
    # The beginning of the answer, then the answer to being told to go on, perhaps several times.
    more = expected_text(GO_ON)
    rest = text.removesuffix(more)
    return rest != text and was_said(rest, prompt, whole=False, goes_on=True)


def _differ(one: str, other: str) -> str:
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    at = same if same is not None else min(len(one), len(other))
    here, there = one[at : at + 20], other[at : at + 20]
    return f" ({len(one)} and {len(other)} characters, from {at} on: {here!r}, {there!r})"


async def _within(limit: float, condition: Callable[[], bool]) -> bool:
    try:
        async with asyncio.timeout(limit):
            while not condition():  # noqa: ASYNC110  # Of several processes.
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True
