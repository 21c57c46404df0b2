"""What happens to Centrifugo, to what it remembers, and to Redis behind it."""

import asyncio

from proxy_app.ports import caller_channel

from .scene import ONLY_LARGE, Fault, Scene


async def kill(scene: Scene) -> None:
    """Kill one node; what it held in memory is gone."""
    await scene.sometime(0, 1.5)
    node = scene.random.choice(scene.world.centrifugos)
    scene.strike(f"{node.process.name} is killed")
    await node.process.kill()
    await scene.sometime(0, 1.5)
    await node.process.start()
    scene.heal("it is back")


async def restart(scene: Scene) -> None:
    """Stop one node as an operator does, and start it again."""
    await scene.sometime(0, 1.5)
    node = scene.random.choice(scene.world.centrifugos)
    scene.strike(f"{node.process.name} is stopped")
    await node.process.stop()
    await node.process.start()
    scene.heal("it is back")


async def pause(scene: Scene) -> None:
    """Freeze one node: it holds its sockets and answers nothing."""
    await scene.sometime(0, 1)
    node = scene.random.choice(scene.world.centrifugos)
    scene.strike(f"{node.process.name} is frozen")
    await node.process.pause()
    await scene.sometime(1, 7)
    await node.process.resume()
    scene.heal("it goes on")


async def forget(scene: Scene) -> None:
    """Remove the history under everybody, and cut their sockets so that they need it."""
    await scene.sometime(0, 1)
    node = scene.world.centrifugos[0]
    for _ in range(scene.random.randint(1, 3)):
        scene.strike("histories are removed, sockets are cut")
        for person in scene.people:
            channel = caller_channel(person.witness.welcome["user"])
            await asyncio.gather(
                person.cut(page=False),
                person.cut(page=True),
                node.api("history_remove", {"channel": channel}),
            )
        await scene.sometime(0.1, 0.8)
    scene.heal("nothing more is removed")


async def restart_redis(scene: Scene) -> None:
    """Restart Redis, and let it forget everything or nothing."""
    cluster = scene.world.cluster
    assert cluster is not None
    await scene.sometime(0, 1)
    scene.strike("Redis is killed")
    await cluster.redis.kill()
    await scene.sometime(0, 2)
    await cluster.redis.start()
    if scene.random.random() < 0.5:
        await cluster.redis.forget()
        scene.story.append("and has forgotten everything")
    scene.heal("Redis is back")


CENTRIFUGO_FAULTS = (
    Fault("Centrifugo: killed -9", kill),
    Fault("Centrifugo: restarted", restart),
    Fault("Centrifugo: frozen for 1-7 s", pause),
    Fault("Centrifugo: history lost", forget),
    Fault("Redis: restarted", restart_redis, sizes=ONLY_LARGE),
)
