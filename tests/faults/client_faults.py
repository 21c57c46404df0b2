"""What happens to those who read: sockets that die, devices that freeze."""

from .scene import Fault, Scene


async def cut_sockets(scene: Scene) -> None:
    """Cut everybody's sockets at moments of their own, several times."""
    await scene.sometime(0, 1)
    scene.strike("sockets are cut")
    for _ in range(scene.random.randint(2, 5)):
        for person in scene.people:
            if scene.random.random() < 0.7:
                await person.cut(page=scene.random.random() < 0.5)
        await scene.sometime(0.05, 0.6)
    scene.heal("no more cuts")


async def freeze(scene: Scene) -> None:
    """Freeze all devices for seconds."""
    await scene.sometime(0, 1)
    scene.strike("devices freeze")
    scene.pages.freeze()
    for person in scene.people:
        person.witness.pause_reading()
    await scene.sometime(2, 5)
    for person in scene.people:
        person.witness.resume_reading()
    scene.pages.thaw()
    scene.heal("devices go on")


CLIENT_FAULTS = (
    Fault("client: socket killed", cut_sockets),
    Fault("client: frozen for 2-5 s", freeze, asks_meanwhile=False),
)
