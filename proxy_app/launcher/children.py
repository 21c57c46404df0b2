"""All processes of one copy, and the order in which they end."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from .child import Child

STOP_ORDER = ("proxy_app", "centrifugo", "model", "nginx", "redis", "postgresql")
"""Who uses another ends before it, so that answers under way still reach their readers."""


class Children:
    """Starts processes by name, waits for the first that ends, and stops those that are there."""

    def __init__(self) -> None:
        self._children: dict[str, Child] = {}

    async def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        folder: Path,
        patience: float = 10,
    ) -> Child:
        """Start a process; one that had its name before is stopped.

        Args:
            name: One of those in ``STOP_ORDER``; where there are several such, with a word after it.
            command: The program and its arguments; no secrets, everybody can read them.
            environment: All variables that it sees.
            folder: Where it runs.
            patience: Seconds that it may take to stop.

        Raises:
            StartError: It can't be executed.
        """
        if before := self._children.pop(name, None):
            await before.stop()
        child = await Child.start(name, command, environment, folder, patience)
        self._children[name] = child
        return child

    async def watch(self) -> None:
        """Wait until one of them ends, which none should.

        Raises:
            ExceptionGroup: Of the ``ChildEndedError`` that says which one.
        """
        async with asyncio.TaskGroup() as group:
            for child in self._children.values():
                group.create_task(child.watch())

    async def stop(self) -> None:
        """Stop those that are there, one kind after the other."""
        for kind in STOP_ORDER:
            alike = [child for name, child in self._children.items() if name.partition(" ")[0] == kind]
            await asyncio.gather(*(child.stop() for child in alike))

    def kill(self) -> None:
        """End all of them at once."""
        for child in self._children.values():
            child.kill()
