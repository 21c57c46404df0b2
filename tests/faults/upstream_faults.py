"""What happens upstream; the prompts ask for it."""

from .scene import Fault, Scene

SHORTEST = 40
"""Tokens that every answer has at least."""


async def wait(scene: Scene) -> None:
    """Let the prompts do their work."""
    scene.strike("the upstream misbehaves")
    scene.heal("and that is all")


UPSTREAM_FAULTS = (
    Fault(
        "upstream: reset",
        wait,
        may_end=("failed",),
        errors=("model_broken",),
        wish=lambda random: f" cut:{random.randint(1, SHORTEST)}",
    ),
    Fault(
        "upstream: stalled",
        wait,
        may_end=("failed",),
        errors=("model_stalled",),
        wish=lambda random: f" stall:{random.randint(1, SHORTEST)}",
    ),
    Fault(
        "upstream: slow",
        wait,
        wish=lambda random: f" tokens:{random.randint(5, 40)} reasoning:0 rate:6 head:1",
    ),
)
