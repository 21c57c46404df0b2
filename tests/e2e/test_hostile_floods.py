"""One who asks without end, over several connections, while another waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from statistics import median
from typing import Any

import pytest

from tests.client import ChatClient, RawConnection, new_id
from tests.stack import Stack
from tests.stack.processes import until

from .answers import prompt

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
CONNECTIONS, LANES = 3, 20
"""Connections of the one who floods, and calls at once on each: more than Centrifugo lets through."""
KEPT, LENGTH = 50, 20_000
"""Conversations that they have, and the length of each: something to list and to search."""


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


async def nonsense(raw: RawConnection, number: int) -> Json:
    """Call what is no method."""
    return await raw.rpc("chat:nothing", {})


LASTS = "tokens:2000 rate:20"
FLOODS: list[Callable[[RawConnection, int], Awaitable[Json]]] = [
    *(sends, same_sends, stops, syncs, searches, refusals, nonsense)
]
FLOOR = 0.1
"""Seconds that a flood may add: what is under way when another's call comes is finished first."""


async def settle(raw: RawConnection) -> None:
    """Keep something, and be quiet until all of it is answered."""
    for _ in range(KEPT):
        text = prompt("tokens:1").ljust(LENGTH, "x")
        assert "rpc" in await raw.rpc("chat:send", {"client_message_id": new_id(), "text": text})

    async def idle() -> bool:
        runs = (await raw.rpc("chat:sync", {}))["rpc"]["data"]["runs"]
        return all(run["run"]["status"] != "running" for run in runs)

    await until(idle, 20, "the answers")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.__name__)
async def test_a_flood_of_one_leaves_another_in_peace(
    stack: Stack, flood: Callable[[RawConnection, int], Awaitable[Json]]
) -> None:
    async with AsyncExitStack() as opened:
        other = await opened.enter_async_context(stack.client())
        raw = await opened.enter_async_context(RawConnection.open(stack.url))
        token = {"v": 1, "token": raw.welcome["token"]}
        more = [
            await opened.enter_async_context(RawConnection.open(stack.url, token))
            for _ in range(CONNECTIONS - 1)
        ]
        if flood in (syncs, searches):
            await settle(raw)
        quiet = await latency(other)
        answered: list[Json] = []

        async def refused() -> bool:
            return any(reply.get("error", {}).get("code") == 1429 for reply in answered)

        async def ask_without_end(connection: RawConnection, lane: int) -> None:
            number = lane
            while True:
                answered.append(await flood(connection, number := number + 1))

        flooding = [
            asyncio.create_task(ask_without_end(connection, lane * 1_000))
            for connection in (raw, *more)
            for lane in range(LANES)
        ]
        try:
            await until(refused, 20, "the flood to be too much")
            loud = await latency(other)
            still_going = [task for task in flooding if not task.done()]
        finally:
            for task in flooding:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*flooding, return_exceptions=True)
        await recovered(raw)

    print(
        f"{flood.__name__}: {quiet * 1000:.1f} ms, in the flood {loud * 1000:.1f} ms, {len(answered)} replies"
    )
    assert len(still_going) == len(flooding)
    assert loud <= 2 * quiet + FLOOR, f"{quiet:.3f} s, and {loud:.3f} s in the flood"
    codes = {reply["error"]["code"] for reply in answered if "error" in reply}
    assert codes <= {1400, 1429, 1430}, codes


async def recovered(raw: RawConnection) -> None:
    """Wait, as the refusal says, until the one who flooded is served again; stop what they began."""
    state: Json = {}

    async def served() -> bool:
        nonlocal state
        state = await raw.rpc("chat:sync", {})
        return "rpc" in state

    await until(served, 10, "an answer after the flood")
    for run in state["rpc"]["data"]["runs"]:
        await until(partial(stopped, raw, run["run"]["id"]), 10, "a stop after the flood")


async def stopped(raw: RawConnection, run: str) -> bool:
    """Stop a run, if that is not too much yet."""
    return "rpc" in await raw.rpc("chat:stop", {"run": run})
