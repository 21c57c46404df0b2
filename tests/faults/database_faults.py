"""What happens to the database."""

from .scene import ONLY_LARGE, Fault, Scene

AWAY = ("internal",)
"""An answer whose prompt can't be read ends as failed."""


async def lock(scene: Scene) -> None:
    """Hold a lock that nobody can write under."""
    await scene.sometime(0, 1.5)
    async with scene.world.database.locked():
        scene.strike("the database is locked")
        await scene.sometime(1, 4)
    scene.heal("it is unlocked")


async def lock_long(scene: Scene) -> None:
    """Hold it for longer than anybody waits."""
    await scene.sometime(0, 1.5)
    async with scene.world.database.locked():
        scene.strike("the database is locked")
        await scene.sometime(10, 11)
    scene.heal("it is unlocked")


async def pause(scene: Scene) -> None:
    """Freeze PostgreSQL."""
    cluster = scene.world.cluster
    assert cluster is not None
    await scene.sometime(0, 1.5)
    scene.strike("PostgreSQL is frozen")
    await cluster.postgresql.pause()
    await scene.sometime(1, 6)
    await cluster.postgresql.resume()
    scene.heal("PostgreSQL goes on")


async def take_away(scene: Scene) -> None:
    """Kill PostgreSQL, and start it again ten seconds later."""
    cluster = scene.world.cluster
    assert cluster is not None
    await scene.sometime(0, 1.5)
    scene.strike("PostgreSQL is killed")
    await cluster.postgresql.kill()
    await scene.sometime(10, 11)
    await cluster.postgresql.start()
    scene.heal("PostgreSQL is back")


DATABASE_FAULTS = (
    Fault("database: locked for 1-4 s", lock),
    Fault("database: locked for 10 s", lock_long, may_end=("completed", "failed"), errors=AWAY),
    Fault("database: frozen for 1-6 s", pause, sizes=ONLY_LARGE),
    Fault(
        "database: gone for 10 s", take_away, may_end=("completed", "failed"), errors=AWAY, sizes=ONLY_LARGE
    ),
)
