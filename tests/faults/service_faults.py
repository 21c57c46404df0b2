"""What happens to the service: killed at any moment and at the worst ones, stopped, told the wrong time."""

import asyncio
import os
import signal
from pathlib import Path

from tests.stack.processes import until
from tests.stack.service import Service

from .gate import Held, passing
from .scene import BOUND, ONLY_LARGE, ONLY_SMALL, Fault, Scene
from .world import GRACE, child

ENDED = ("completed", "interrupted")
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
"""The library of Debian's package ``libfaketime``, where it is installed."""
EXACT = 10.0
"""Seconds that an exact moment may take to come."""


async def kill_and_restart(scene: Scene) -> None:
    """Kill one service at any moment, and start it again at once or a little later."""
    await scene.sometime(0, 5)
    service = scene.random.choice(scene.world.services)
    scene.strike(f"{service.process.name} is killed")
    await service.process.kill()
    await scene.sometime(0, 1.5)
    await service.process.start()
    scene.heal("it is back")


async def kill_for_good(scene: Scene) -> None:
    """Kill one service, and leave its runs to the other one."""
    await scene.sometime(0, 5)
    service = scene.random.choice(scene.world.services)
    scene.strike(f"{service.process.name} is killed, and stays away")
    await service.process.kill()
    scene.healed_at = scene.struck_at


async def kill_before_the_end_is_told(scene: Scene) -> None:
    """Kill it when ends are stored, and none of them is published; or is, and the service does not know."""
    after = scene.random.random() < 0.5
    gates = [Held(lambda body: b'"run-end"' in body, after=after) for _ in scene.world.outgoing]
    for gate, held in zip(scene.world.outgoing, gates, strict=True):
        gate.behaviour = held

    async def all_stored() -> bool:
        if not all(person.reply() for person in scene.people):
            return False
        running = await scene.world.database.running()
        return not any(person.run in running for person in scene.people)

    await until(all_stored, EXACT, "stored ends")
    scene.strike(
        f"all ends are stored, their publications are held ({'applied' if after else 'not applied'})"
    )
    await asyncio.gather(*(service.process.kill() for service in scene.world.services))
    for gate, held in zip(scene.world.outgoing, gates, strict=True):
        gate.behaviour = passing
        held.release()
    await asyncio.gather(*(service.process.start() for service in scene.world.services))
    scene.heal("the services are back")


async def hold_replies_of_sends(scene: Scene) -> None:
    """Hold the replies of all sends that will come."""
    assert scene.world.incoming is not None
    scene.world.incoming.behaviour = Held(lambda body: b'"chat:send"' in body, after=True)


async def kill_before_the_reply(scene: Scene) -> None:
    """Kill it when all prompts are stored, and nobody was told."""
    gate = scene.world.incoming
    assert gate is not None
    held = gate.behaviour
    assert isinstance(held, Held)
    wanted = [person.prompt_id for person in scene.people]

    async def all_inserted() -> bool:
        return await scene.world.database.known(wanted) == len(wanted)

    await until(all_inserted, EXACT, "stored prompts")
    scene.strike(f"all prompts are stored, their {held.count} replies are held")
    await scene.world.services[0].process.kill()
    gate.behaviour = passing
    held.release()
    await scene.world.services[0].process.start()
    scene.heal("it is back")


async def terminate(scene: Scene) -> None:
    """Stop one service in the middle of everything, and start it again."""
    await scene.sometime(0, 2)
    service = scene.random.choice(scene.world.services)
    scene.strike(f"{service.process.name} gets SIGTERM")
    code = await service.process.stop()
    assert code == 0, f"{service.process.name} ended with {code}"
    await service.process.start()
    scene.heal("it is back")


async def terminate_twice(scene: Scene) -> None:
    """Stop one service, and lose patience."""
    await scene.sometime(0, 2)
    service = scene.random.choice(scene.world.services)
    process = child(service.process)
    scene.strike(f"{process.name} gets SIGTERM twice")
    os.kill(process.pid, signal.SIGTERM)
    await scene.sometime(0.1, 0.5)
    if await process.alive():  # It may have had nothing to finish.
        os.kill(process.pid, signal.SIGTERM)
    code = await process.until_gone()
    assert code == 0, f"{process.name} ended with {code}"
    await process.start()
    scene.heal("it is back")


async def freeze(scene: Scene) -> None:
    """Freeze one service for longer than its leases last; the other one takes over meanwhile."""
    await scene.sometime(0, 1)
    service = scene.random.choice(scene.world.services)
    scene.strike(f"{service.process.name} is frozen")
    await service.process.pause()
    await scene.sometime(13, 14)
    await service.process.resume()
    scene.heal("it goes on")


def clock_of(scene: Scene) -> Path:
    """Return the file that says how wrong the clock is."""
    return scene.world.directory / "clock"


async def make_the_clock_ours(scene: Scene) -> None:
    """Start one service again, with a clock that can be stepped."""
    assert FAKETIME is not None
    clock_of(scene).write_text("+0")
    await _restart_with(
        scene.world.services[0],
        {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(clock_of(scene)),
            # The clock is right again when it is said to be.
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Else it bends the waits of threads for each other, which have nothing to do with that clock.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        },
    )


async def step_the_clock(scene: Scene) -> None:
    """Step the clock of one service by an hour or so, forward or back, and back again."""
    await scene.sometime(0, 1)
    step = scene.random.choice((-3600, -30, 30, 3600))
    clock_of(scene).write_text(f"{step:+d}")
    scene.strike(f"the clock steps by {step} s")
    await scene.sometime(2, 4)
    clock_of(scene).write_text("+0")
    scene.heal("the clock is right again")


async def give_the_clock_back(scene: Scene) -> None:
    """Start the service again as it was."""
    await _restart_with(scene.world.services[0], {}, without=("LD_PRELOAD",))


async def _restart_with(service: Service, more: dict[str, str], without: tuple[str, ...] = ()) -> None:
    process = child(service.process)
    await process.stop()
    for name in without:
        process._environment.pop(name, None)
    process._environment.update(more)
    await process.start()


async def _with_policy(scene: Scene, policy: str) -> None:
    for service in scene.world.services:
        await _restart_with(service, {"CHAT_RECOVERY": policy})


async def retry(scene: Scene) -> None:
    """Let answers be asked again from the start."""
    await _with_policy(scene, "retry")


async def go_on(scene: Scene) -> None:
    """Let answers go on."""
    await _with_policy(scene, "continue")


async def interrupt(scene: Scene) -> None:
    """Let answers be interrupted again."""
    await _with_policy(scene, "interrupt")


SERVICE_FAULTS = (
    Fault("service: killed -9", kill_and_restart, ENDED, bound_when_back=BOUND),
    Fault("service: killed -9 for good", kill_for_good, ENDED, BOUND, sizes=ONLY_LARGE),
    Fault(
        "service: killed -9 between final transaction and run-end",
        kill_before_the_end_is_told,
        ENDED,
        bound_when_back=BOUND,
        asks_meanwhile=False,
        all_ask_once=True,
    ),
    Fault(
        "service: killed -9 between insert and reply of a send",
        kill_before_the_reply,
        ENDED,
        bound_when_back=BOUND,
        sizes=ONLY_SMALL,
        prepare=hold_replies_of_sends,
        asks_meanwhile=False,
        all_ask_once=True,
    ),
    Fault("service: killed -9, retry", kill_and_restart, ENDED, prepare=retry, restore=interrupt),
    Fault(
        "service: killed -9, continue",
        kill_and_restart,
        ENDED,
        prepare=go_on,
        restore=interrupt,
        goes_on=True,
    ),
    Fault("service: SIGTERM", terminate, ENDED, GRACE + 3),
    Fault("service: SIGTERM twice", terminate_twice, ENDED, 3.5),
    Fault("service: frozen for 13 s", freeze, ENDED, sizes=ONLY_LARGE),
    Fault(
        "service: clock stepped",
        step_the_clock,
        prepare=make_the_clock_ours,
        restore=give_the_clock_back,
        lacks="" if FAKETIME else "libfaketime",
    ),
)
