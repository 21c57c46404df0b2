"""Very many at once, and one who asks without end while another waits."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.client import ChatClient, RawConnection, new_id
from tests.stack import Stack
from tests.stack.processes import until

from .answers import prompt
from .hostile import still_serves

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
CONFIG = Path(__file__).parents[2] / "centrifugo" / "config.json"
GUESTS = 1_000
AT_ONCE = 100
"""Handshakes that are under way at the same time; the client is one process, too."""
PATIENCE = 30.0
"""Seconds that a guest waits; a machine that is busy otherwise is no failure."""


async def connected(raw: RawConnection) -> Json:
    """Connect, and be patient; return the reply."""
    await raw.frame('{"id":1,"connect":{"data":{"v":1}}}')
    await raw.until(lambda: 1 in raw.replies or raw.close_code, PATIENCE)
    return raw.replies.pop(1)


@pytest.mark.timeout(120)
async def test_a_thousand_guests_at_once_are_a_thousand_people(stack: Stack) -> None:
    turns = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as opened:

        async def come() -> RawConnection:
            async with turns:
                raw = await opened.enter_async_context(RawConnection.open(stack.url, connect=False))
                while "connect" not in (reply := await connected(raw)):
                    # Whoever finds the server busy comes again, as clients do.
                    assert reply["error"]["temporary"], reply
                raw.welcome = reply["connect"]["data"]
                return raw

        guests = await asyncio.gather(*(come() for _ in range(GUESTS)))

        assert len({guest.welcome["user"] for guest in guests}) == GUESTS
        for guest in (guests[0], guests[-1]):
            assert "rpc" in await guest.rpc("chat:sync", {})
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


async def latency(client: ChatClient) -> float:
    """Return how long a sync takes, in seconds: the median of some."""
    took = []
    for _ in range(9):
        began = time.monotonic()
        await client.rpc("chat:sync", {})
        took.append(time.monotonic() - began)
    return median(took)


async def sends(raw: RawConnection, number: int) -> Json:
    """Send a prompt whose answer lasts."""
    return await raw.rpc("chat:send", {"client_message_id": new_id(), "text": prompt(LASTS)})


async def same_sends(raw: RawConnection, number: int) -> Json:
    """Send what was sent before."""
    return await raw.rpc("chat:send", {"client_message_id": "always-the-same", "text": "tokens:3"})


async def stops(raw: RawConnection, number: int) -> Json:
    """Stop what is not there yet."""
    return await raw.rpc("chat:stop", {"client_message_id": f"nobody-{number % 50}"})


async def syncs(raw: RawConnection, number: int) -> Json:
    """Ask for everything."""
    return await raw.rpc("chat:sync", {"limit": 100})


async def searches(raw: RawConnection, number: int) -> Json:
    """Search for what is nowhere."""
    return await raw.rpc("chat:conversations", {"query": "%_" * 100, "limit": 100})


async def refusals(raw: RawConnection, number: int) -> Json:
    """Ask for what is refused."""
    return await raw.rpc("chat:run", {"run": ["x"] * 1_000})


LASTS = "tokens:2000 rate:20"
FLOODS: list[Callable[[RawConnection, int], Awaitable[Json]]] = [
    *(sends, same_sends, stops, syncs, searches, refusals)
]
FLOOR = 0.5
"""Seconds that a flood may add: what is under way when another's call comes is finished first."""


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.__name__)
async def test_a_flood_of_one_leaves_another_in_peace(
    stack: Stack, flood: Callable[[RawConnection, int], Awaitable[Json]]
) -> None:
    async with stack.client() as other, RawConnection.open(stack.url) as raw:
        quiet = await latency(other)
        answered: list[Json] = []

        async def begun() -> bool:
            return len(answered) > 20

        async def ask_without_end(lane: int) -> None:
            number = lane
            while True:
                answered.append(await flood(raw, number := number + 1))

        flooding = [asyncio.create_task(ask_without_end(lane * 1_000)) for lane in range(20)]
        try:
            await until(begun, 10, "the flood")
            loud = await latency(other)
            still_going = [task for task in flooding if not task.done()]
        finally:
            for task in flooding:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*flooding)
        state = await raw.rpc("chat:sync", {})
        for run in state["rpc"]["data"]["runs"]:
            await raw.rpc("chat:stop", {"run": run["run"]["id"]})

    assert len(still_going) == len(flooding)
    assert loud <= 2 * quiet + FLOOR, f"{quiet:.3f} s, and {loud:.3f} s in the flood"
    codes = {reply["error"]["code"] for reply in answered if "error" in reply}
    assert codes <= {1400, 1429, 1430}, codes
