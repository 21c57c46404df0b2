"""A replica or a node is killed, stopped, or started again while many answers are being written."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.stack.cluster import Cluster

from .crowd import EACH, Witness, gather_crowd, whole
from .stream import RATE, streaming

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

ENDED_WITHIN = 15.0
"""Seconds from the death of a replica until every client of its answers has an end."""


def sizes(usual: int, heavy: int) -> pytest.MarkDecorator:
    """Run a test with the usual number of answers, and on demand with many more."""
    return pytest.mark.parametrize("count", [usual, pytest.param(heavy, marks=pytest.mark.heavy)])


@sizes(50, 500)
async def test_a_replica_is_killed_and_the_other_one_ends_its_answers(cluster: Cluster, count: int) -> None:
    dying = cluster.services[0]
    async with gather_crowd(cluster, count // EACH) as crowd:
        await crowd.ask(count, ["tokens:4000 rate:4"], through=dying)
        await crowd.begun()

        killed = time.monotonic()
        await dying.process.kill()
        await crowd.ended(2 * ENDED_WITHIN)
        took = time.monotonic() - killed

        assert crowd.statuses() == {"interrupted": count}
        await crowd.assert_consistent()
        assert all(request.closed_at for [request] in crowd.requests().values())
        assert took <= ENDED_WITHIN
        print(f"{count} answers of a replica that was killed: all ended after {took:.1f} s")


async def test_a_replica_that_comes_back_takes_its_answers_back_at_once(cluster: Cluster) -> None:
    dying = cluster.services[0]
    async with gather_crowd(cluster, 2) as crowd:
        await crowd.ask(20, ["tokens:4000 rate:20"], through=dying)
        await crowd.begun()

        await dying.process.kill()
        await dying.process.start()
        await crowd.ended(3)

        assert crowd.statuses() == {"interrupted": 20}
        await crowd.assert_consistent()


async def test_a_replica_that_was_frozen_has_lost_its_answers(cluster: Cluster) -> None:
    frozen = cluster.services[0]
    async with gather_crowd(cluster, 2) as crowd:
        await crowd.ask(20, ["tokens:4000 rate:20"], through=frozen)
        await crowd.begun()

        await frozen.process.pause()
        await crowd.ended(2 * ENDED_WITHIN)
        await frozen.process.resume()
        await cluster.openai.until(lambda: cluster.openai.open_streams == 0)

        assert crowd.statuses() == {"interrupted": 20}
        await crowd.assert_consistent()


@sizes(40, 100)
async def test_a_replica_that_is_stopped_loses_nothing(cluster: Cluster, count: int) -> None:
    stopped = cluster.services[0]
    # A third fits into the grace, a third falls silent before it is over, a third would go on for long.
    wishes = ["tokens:60 rate:30", "tokens:200 rate:50 stall:60", "tokens:4000 rate:10"]
    async with gather_crowd(cluster, count // EACH) as crowd:
        await crowd.ask(count, wishes, through=stopped)
        await crowd.begun()

        assert await stopped.process.stop() == 0
        await crowd.ended(5)

        await crowd.assert_consistent()
        for answer in crowd.answers:
            (request,) = crowd.requests()[answer.text]
            held = answer.client.held(answer.sent.run)
            assert held is not None
            if answer.text.startswith(wishes[0]):
                assert (held.status, answer.said) == ("completed", whole(answer.text))
            elif answer.text.startswith(wishes[1]):
                assert held.status == "interrupted"
                assert answer.said == whole(answer.text, 60)
            else:
                assert held.status == "interrupted"
                # What was in the socket when it was closed was never ours; it is less than half a second.
                assert len(answer.said) >= len(whole(answer.text, request.sent - 15))


@pytest.mark.parametrize(("count", "tokens"), [(40, 16), pytest.param(200, 48, marks=pytest.mark.heavy)])
async def test_everything_is_restarted_one_after_the_other(cluster: Cluster, count: int, tokens: int) -> None:
    seen: list[int] = []
    async with (
        grace(cluster, 2 * tokens / RATE),
        gather_crowd(cluster, count // 2) as crowd,
        streaming(crowd, count, tokens) as stream,
    ):
        for service in cluster.services:
            seen.append(await stream.full())
            assert await service.process.stop() == 0
            await service.process.start()
        for node in cluster.centrifugos:
            seen.append(await stream.full())
            await node.process.stop()
            await node.process.start()
        seen.append(await stream.full())
        await stream.finish()

        assert crowd.statuses() == {"completed": len(crowd.answers)}
        assert all(answer.said == whole(answer.text) for answer in crowd.answers)
        await crowd.assert_consistent()
        assert not any(person.failures or person.terminated for person in crowd.people)
        print(f"streaming at each restart, and in the end: {seen}; {len(crowd.answers)} answers in all")


async def test_everybody_comes_back_at_once_when_one_node_after_the_other_is_away(cluster: Cluster) -> None:
    async def back(person: Witness) -> None:
        await person.until(lambda: person.subscribed, 10)

    async with gather_crowd(cluster, 40) as crowd:
        for node in cluster.centrifugos:
            await node.process.stop()
            # Not one by one, as through a balancer that takes the other node for ill since it was away.
            await asyncio.gather(*map(back, crowd.people))
            await node.process.start()


async def test_the_database_and_redis_crash_and_come_back(cluster: Cluster) -> None:
    async with gather_crowd(cluster, 2) as crowd:
        await crowd.ask(16, ["tokens:160 rate:20"])
        await crowd.begun()

        await cluster.postgresql.kill()
        await cluster.postgresql.start()
        await cluster.redis.kill()
        await cluster.redis.start()
        await crowd.ended(40)

        assert crowd.statuses() == {"completed": 16}
        assert all(answer.said == whole(answer.text) for answer in crowd.answers)
        await crowd.assert_consistent()


@asynccontextmanager
async def grace(cluster: Cluster, seconds: float) -> AsyncIterator[None]:
    """Give answers so long to finish after SIGTERM, in which each of them fits."""

    async def give(value: str) -> None:
        for service in cluster.services:
            await service.process.stop()
            service.process.change(CHAT_SHUTDOWN_GRACE=value)
            await service.process.start()

    before = cluster.services[0].process.environment["CHAT_SHUTDOWN_GRACE"]
    await give(f"{seconds:g}")
    try:
        yield
    finally:
        await give(before)
