"""Unit tests know no real time."""

from collections.abc import Callable, Mapping

from tests.fakes.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], VirtualTimeLoop]]:
    """Run every asynchronous test of this folder on a loop whose time jumps."""
    return {"virtual time": VirtualTimeLoop}
