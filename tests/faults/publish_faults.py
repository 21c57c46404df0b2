"""What happens to publications on their way from the service to Centrifugo."""

import asyncio

from aiohttp import web

from .gate import Behaviour, Forward, hang_up, passing
from .scene import Fault, Scene


async def misbehave(scene: Scene, behaviour: Behaviour, what: str) -> None:
    """Let all gates misbehave for a while."""
    await scene.sometime(0, 1)
    scene.strike(what)
    for gate in scene.world.outgoing:
        gate.behaviour = behaviour
    await scene.sometime(2, 4)
    for gate in scene.world.outgoing:
        gate.behaviour = passing
    scene.heal("publications pass")


async def refuse(scene: Scene) -> None:
    """Answer 500 to some or all, before or after they were passed on."""
    share = scene.random.choice((0.5, 1))

    async def behave(_request: web.Request, _body: bytes, forward: Forward) -> web.StreamResponse:
        if scene.random.random() > share:
            return await forward()
        if scene.random.random() < 0.5:
            await forward()
        return web.Response(status=500)

    await misbehave(scene, behave, f"publications are answered 500 ({share:.0%})")


async def delay(scene: Scene) -> None:
    """Take time to pass things on, and to answer."""

    async def behave(_request: web.Request, _body: bytes, forward: Forward) -> web.StreamResponse:
        await asyncio.sleep(scene.random.uniform(0, 0.5))
        answer = await forward()
        await asyncio.sleep(scene.random.uniform(0, 0.5))
        return answer

    await misbehave(scene, behave, "publications are slow")


async def cut_after(scene: Scene) -> None:
    """Pass things on, and hang up instead of answering."""
    share = scene.random.uniform(0.3, 1)

    async def behave(request: web.Request, _body: bytes, forward: Forward) -> web.StreamResponse:
        answer = await forward()
        return hang_up(request) if scene.random.random() < share else answer

    await misbehave(scene, behave, f"publications are applied and not acknowledged ({share:.0%})")


PUBLISH_FAULTS = (
    Fault("publish: answered 500", refuse),
    Fault("publish: slow", delay),
    Fault("publish: cut after it was applied", cut_after),
)
