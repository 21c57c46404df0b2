"""Every run has exactly one end, whoever listens and however it ended."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.client import ChatClient, RawConnection, Sent
from tests.fakes.openai_steps import answer
from tests.stack import Stack

from .answers import prompt, send_paced

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]


def ends(events: list[Json]) -> Counter[str]:
    """Count the run-ends, by run; each must be the last chunk of its publication."""
    found: Counter[str] = Counter()
    for event in events:
        if event["type"] != "run":
            continue
        kinds = [chunk["type"] for chunk in event["chunks"]]
        if "run-end" in kinds:
            assert kinds.index("run-end") == len(kinds) - 1
            found[event["run"]] += 1
    return found


async def send_one_of_each(stack: Stack, client: ChatClient) -> dict[str, Sent]:
    """Let runs end in every way that there is without a crash; return them by how they ended."""
    wishes = {
        "completed": "tokens:200",
        "incomplete": "tokens:20 finish:length",
        "failed": "tokens:20 cut:10",
    }
    sent = {status: await client.send(prompt(wish)) for status, wish in wishes.items()}
    for each in sent.values():
        await client.ended(each.run)
    sent["cancelled"], _ = await send_paced(stack, client, 20_000, 1_000)
    await client.begun(sent["cancelled"].run)
    await client.stop(sent["cancelled"].run)
    return sent


async def test_exactly_one_end_for_each_run(stack: Stack) -> None:
    async with (
        stack.client() as client,
        RawConnection.open(stack.url, {"v": 1, "token": client.token}) as raw,
    ):
        assert "error" not in await raw.subscribe()

        sent = await send_one_of_each(stack, client)
        for status, each in sent.items():
            assert (await client.ended(each.run)).status == status
        # What was published after an end would have arrived before this.
        last = await client.send(prompt("tokens:3"))
        await client.ended(last.run)
        everything = {each.run for each in [*sent.values(), last]}
        await raw.until(lambda: last.run in ends([each["data"] for each in raw.publications]))

        assert ends([each["data"] for each in raw.publications]) == dict.fromkeys(everything, 1)
        kept = await stack.centrifugo.history(client.welcome["channel"])
        assert ends(kept) == dict.fromkeys(everything, 1)


async def test_publications_of_a_run_are_numbered_without_gaps_and_stay_small(stack: Stack) -> None:
    async with stack.client() as client:
        sent, _ = await send_paced(stack, client, 4_000, 2_000)
        await client.ended(sent.run)

        kept = await stack.centrifugo.history(client.welcome["channel"])

    events = [event for event in kept if event["type"] == "run" and event["run"] == sent.run]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["attempt"] for event in events} == {1}
    assert largest(events) < 65_536
    assert [chunk["type"] for chunk in events[0]["chunks"]][:3] == ["start", "text-start", "text-delta"]
    assert 10 < len(events) < 120, "two seconds of text, 40 ms each"


@pytest.mark.parametrize("delta", ["ж" * 200_000, "a" + "𝒳" * 100_000, '"\\\n' * 60_000, "\u0001" * 60_000])
async def test_one_huge_delta_travels_in_small_publications(stack: Stack, delta: str) -> None:
    async with stack.client() as client:
        stack.openai.scripts.append(answer(delta))
        sent = await client.send(prompt())

        run = await client.ended(sent.run)

        assert run.text() == delta
        assert client.mismatches == 0
        assert largest(await stack.centrifugo.history(client.welcome["channel"])) < 65_536


def largest(events: list[Json]) -> int:
    """Return the size of the largest event as it travels, in bytes."""
    return max(len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()) for event in events)
