"""Very many at once: guests without number, and one user with very many connections."""

import asyncio
import json
import resource
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tests.client import RawConnection
from tests.stack import Server, Stack, open_stack
from tests.stack.processes import Child

from .hostile import still_serves

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
CONFIG = Path(__file__).parents[2] / "centrifugo" / "config.json"
GUESTS = 10_000
AT_ONCE = 100
"""Handshakes that are under way at the same time; the client is one process, too."""
PATIENCE = 30.0
"""Seconds that a guest waits; a machine that is busy otherwise is no failure."""
GROWTH = 32 * 2**20
"""Bytes that the service may grow by, which is some 3 KB for each guest."""


def room() -> int:
    """Return how many sockets this process may hold, having asked for all that there are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else 65_536
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most - 500


def memory(stack: Stack) -> int:
    """Return how many bytes the service occupies."""
    assert isinstance(stack.service.process, Child)
    occupied: int = psutil.Process(stack.service.process.pid).memory_info().rss
    return occupied


async def connected(raw: RawConnection) -> Json:
    """Connect, and be patient; return the reply."""
    await raw.frame('{"id":1,"connect":{"data":{"v":1}}}')
    await raw.until(lambda: 1 in raw.replies or raw.close_code, PATIENCE)
    return raw.replies.pop(1)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_ten_thousand_guests_are_ten_thousand_people(server: Server) -> None:
    # Not the stack of the other tests: that asks everybody every ten seconds who they are.
    async with open_stack(server) as stack:
        await let_them_come(stack)


async def let_them_come(stack: Stack) -> None:
    """Have all guests come, all of them at once or as many as the system lets us hold."""
    await still_serves(stack)
    turns, users, refused = asyncio.Semaphore(AT_ONCE), set[str](), 0
    before = memory(stack)

    async def come(opened: AsyncExitStack) -> RawConnection:
        nonlocal refused
        async with turns:
            raw = await opened.enter_async_context(RawConnection.open(stack.url, connect=False))
            while "connect" not in (reply := await connected(raw)):
                # Whoever finds the server busy comes again, as clients do.
                assert reply["error"]["temporary"], reply
                refused += 1
            raw.welcome = reply["connect"]["data"]
            return raw

    wave = min(GUESTS, room())
    for begin in range(0, GUESTS, wave):
        async with AsyncExitStack() as opened:
            guests = await asyncio.gather(*(come(opened) for _ in range(min(wave, GUESTS - begin))))
            users |= {guest.welcome["user"] for guest in guests}
            for guest in (guests[0], guests[-1]):
                assert "rpc" in await guest.rpc("chat:sync", {})
            assert not [guest.close_code for guest in guests if guest.close_code is not None]
            await still_serves(stack)
    grown = memory(stack) - before

    print(f"{wave} at once, {refused} asked twice, the service grew by {grown / 2**20:.1f} MB")
    assert len(users) == GUESTS
    assert refused <= GUESTS // 100
    assert grown <= GROWTH
    await still_serves(stack)


@pytest.mark.timeout(120)
async def test_one_user_has_only_so_many_connections(stack: Stack) -> None:
    limit = json.loads(CONFIG.read_text())["client"]["user_connection_limit"]
    async with AsyncExitStack() as opened:

        async def another(data: Json) -> RawConnection:
            return await opened.enter_async_context(RawConnection.open(stack.url, data))

        first = await another({"v": 1})
        mine = {"v": 1, "token": first.welcome["token"]}
        for _ in range(limit - 1):
            await another(mine)
        one_too_many = await opened.enter_async_context(RawConnection.open(stack.url, connect=False))
        await one_too_many.frame(json.dumps({"id": 1, "connect": {"data": mine}}))

        assert (await one_too_many.closed())[0] == 3504
        assert "rpc" in await first.rpc("chat:sync", {})
        await still_serves(stack)
