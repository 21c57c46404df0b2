"""Quotas, asked for by many at once through two services: exactly the limit gets through."""

import asyncio
import json
from collections import Counter

import pytest

from tests.client import ChatClient, new_id
from tests.stack.cluster import Cluster

from .answers import Json, prompt

pytestmark = pytest.mark.asyncio(loop_scope="session")

SENDS = 50


async def send_at_once(cluster: Cluster, client: ChatClient, limits: Json, wish: str) -> list[Json]:
    """Send through both services by turns, as Centrifugo does for a user with limits; return the replies."""
    headers = {"X-Proxy-Secret": cluster.centrifugos[0].proxy_secret}

    async def send(number: int) -> Json:
        data = {"client_message_id": new_id(), "text": prompt(wish)}
        call = {"user": client.welcome["user"], "method": "chat:send", "data": data}
        body = json.dumps({"client": "c", **call, "meta": {"limits": limits}}).encode()
        status, reply = await cluster.services[number % 2].post("/centrifugo/rpc", body, headers)
        assert status == 200
        told: Json = reply
        return told

    return await asyncio.gather(*map(send, range(SENDS)))


def codes(replies: list[Json]) -> Counter[int]:
    """Count how the sends went; 0 is one that was taken."""
    return Counter(reply["error"]["code"] if "error" in reply else 0 for reply in replies)


@pytest.mark.parametrize("limit", [1, 20, 49])
async def test_of_fifty_prompts_at_once_exactly_the_limit_gets_through(cluster: Cluster, limit: int) -> None:
    async with cluster.client() as client:
        limits = {"prompts_per_day": limit, "runs": SENDS}
        replies = await send_at_once(cluster, client, limits, "tokens:2")

        assert codes(replies) == {0: limit, 1429: SENDS - limit}
        for reply in replies:
            if "error" not in reply:
                await client.ended(reply["result"]["data"]["reply"]["run"]["id"])
        # What was refused has left nothing.
        assert len((await client.call("chat:sync", {"limit": 100}))["conversations"]) == limit


async def test_of_fifty_answers_at_once_exactly_as_many_as_allowed_are_written(cluster: Cluster) -> None:
    async with cluster.client() as client:
        replies = await send_at_once(cluster, client, {"runs": 7}, "tokens:2000 rate:20")

        assert codes(replies) == {0: 7, 1430: SENDS - 7}
        runs = [reply["result"]["data"]["reply"]["run"]["id"] for reply in replies if "error" not in reply]
        for run in runs:
            await client.stop(run)
            await client.ended(run)
