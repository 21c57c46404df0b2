"""Two of everything: either replica and either node will do, and nobody notices which it was."""

import asyncio
import time
from collections import Counter

import pytest

from tests.client import new_id
from tests.fakes.openai_server import FakeRequest, expected_text
from tests.stack.cluster import Cluster

from .answers import prompt, read_all, text_of
from .crowd import call_through, send_through

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

CLOSED_WITHIN = 0.5
"""Seconds from a stop at one replica until the upstream sees the socket of the other one closed."""


async def owner_of(cluster: Cluster, run: str) -> str:
    (row,) = await cluster.query("SELECT owner FROM runs WHERE id = $1", run)
    return str(row["owner"]).partition("/")[0]


async def asked(cluster: Cluster, text: str) -> FakeRequest:
    """Wait until the prompt has reached the upstream; return the request."""

    def requests() -> list[FakeRequest]:
        return [request for request in cluster.openai.requests if request.prompt == text]

    await cluster.openai.until(lambda: bool(requests()))
    (request,) = requests()
    return request


async def test_text_is_exact_whichever_node_a_client_is_on(cluster: Cluster) -> None:
    async with cluster.client(node=0) as client, cluster.client(client.token, node=1) as second:
        text = prompt("tokens:300 rate:300 reasoning:20")
        sent = await client.send(text)
        await client.begun(sent.run)

        # Joined in mid-answer, on the other node.
        async with cluster.client(client.token, node=1) as third:
            copies = [await each.ended(sent.run) for each in (client, second, third)]

        assert {copy.text() for copy in copies} == {expected_text(text)}
        assert {copy.status for copy in copies} == {"completed"}
        assert client.mismatches == second.mismatches == third.mismatches == 0


async def test_both_replicas_answer(cluster: Cluster) -> None:
    async with cluster.client() as client:
        sent = [await client.send(prompt()) for _ in range(4)]
        for each in sent:
            await client.ended(each.run)
        assert Counter([await owner_of(cluster, each.run) for each in sent]).keys() == {"a", "b"}


async def test_what_is_replayed_is_a_second_of_the_stream_also_of_the_other_replicas_runs(
    cluster: Cluster,
) -> None:
    own, other = cluster.services
    async with cluster.client() as client:

        async def top_of_sync() -> int:
            reply = await call_through(cluster, other, client, "chat:sync", {})
            return int(reply["position"]["offset"])

        async def talk() -> int:
            sent = await send_through(cluster, own, client, prompt("tokens:100 rate:200"))
            await client.ended(sent.run)
            return await top_of_sync()

        # All is told: nothing is running.
        before = await talk()
        silent = await send_through(cluster, own, client, prompt("tokens:10 delay:60"))
        assert await top_of_sync() >= before
        after = await talk()
        # What a run that says nothing was told with is not replayed to whoever comes later.
        async with asyncio.timeout(5):
            while after <= before + 5:
                after = await top_of_sync()  # Nobody tells when a checkpoint is stored.
        await client.stop(silent.run)
        await client.ended(silent.run)


@pytest.mark.parametrize("owner", [0, 1], ids=["through b", "through a"])
async def test_a_run_is_stopped_through_the_other_replica(cluster: Cluster, owner: int) -> None:
    own, other = cluster.services[owner], cluster.services[1 - owner]
    took = []
    async with cluster.client() as client:
        for wish in ("tokens:4000 rate:200", "tokens:10 delay:30", "tokens:10 head:30"):
            text = prompt(wish)
            sent = await send_through(cluster, own, client, text)
            request = await asked(cluster, text)
            if "rate" in wish:
                await client.begun(sent.run, 200)

            called = time.monotonic()
            await call_through(cluster, other, client, "chat:stop", {"run": sent.run})
            took.append(await cluster.openai.until_closed(request) - called)

            run = await client.ended(sent.run)
            assert run.status == "cancelled"
            kept = text_of((await read_all(client, sent.conversation["id"]))[-1])
            assert run.text() == kept
            assert expected_text(text).startswith(kept)
    assert max(took) <= CLOSED_WITHIN, took


async def test_if_busy_stop_stops_the_run_of_the_other_replica(cluster: Cluster) -> None:
    async with cluster.client() as client:
        first = await send_through(cluster, cluster.services[0], client, prompt("tokens:4000 rate:200"))
        await client.begun(first.run, 200)
        text = prompt()

        reply = await call_through(
            cluster,
            cluster.services[1],
            client,
            "chat:send",
            {
                "client_message_id": new_id(),
                "text": text,
                "conversation": first.conversation["id"],
                "if_busy": "stop",
            },
        )

        assert (await client.ended(first.run)).status == "cancelled"
        second = reply["reply"]["run"]["id"]
        assert (await client.ended(second)).text() == expected_text(text)
        told = (await asked(cluster, text)).body["messages"]
        assert told[-2]["content"] == client.text(first.reply["id"])


async def test_a_conversation_deleted_through_the_other_replica_stops_its_run(cluster: Cluster) -> None:
    async with cluster.client() as client:
        text = prompt("tokens:4000 rate:200")
        sent = await send_through(cluster, cluster.services[0], client, text)
        await client.begun(sent.run, 200)
        request = await asked(cluster, text)

        called = time.monotonic()
        await call_through(
            cluster, cluster.services[1], client, "chat:delete", {"conversation": sent.conversation["id"]}
        )

        assert await cluster.openai.until_closed(request) - called <= CLOSED_WITHIN


async def test_the_same_send_a_hundred_times_at_once_over_both_replicas(cluster: Cluster) -> None:
    async with cluster.client(node=0) as client, cluster.client(client.token, node=1) as second:
        text, name = prompt(), new_id()
        request = {"client_message_id": name, "text": text}

        replies = await asyncio.gather(
            *(
                call_through(cluster, cluster.services[number % 2], client, "chat:send", request)
                for number in range(50)
            ),
            *([client, second][number % 2].call("chat:send", request) for number in range(50)),
        )

        assert Counter(reply["duplicate"] for reply in replies) == {False: 1, True: 99}
        ids = {
            (reply["message"]["id"], reply["reply"]["id"], reply["reply"]["run"]["id"]) for reply in replies
        }
        assert len(ids) == 1
        run = replies[0]["reply"]["run"]["id"]
        for each in (client, second):
            assert (await each.ended(run)).text() == expected_text(text)
        assert len([each for each in cluster.openai.requests if each.prompt == text]) == 1
        kept = await read_all(client, replies[0]["conversation"]["id"])
        assert [text_of(message) for message in kept] == [text, expected_text(text)]


async def test_as_many_answers_at_once_as_a_user_may_have_over_both_replicas(cluster: Cluster) -> None:
    async with cluster.client() as client:
        most = client.welcome["limits"]["runs"]
        sends = [
            call_through(
                cluster,
                cluster.services[number % 2],
                client,
                "chat:send",
                {"client_message_id": new_id(), "text": prompt("tokens:1 delay:30")},
            )
            for number in range(2 * most)
        ]

        replies = await asyncio.gather(*sends, return_exceptions=True)

        started = [reply for reply in replies if isinstance(reply, dict)]
        assert len(started) == most
        for reply in started:
            await client.stop(reply["reply"]["run"]["id"])
        for reply in started:
            await client.ended(reply["reply"]["run"]["id"])


async def test_ten_sends_at_once_into_one_conversation_over_both_replicas(cluster: Cluster) -> None:
    async with cluster.client() as client:
        begun = await client.send(prompt())
        await client.ended(begun.run)
        sends = [
            call_through(
                cluster,
                cluster.services[number % 2],
                client,
                "chat:send",
                {
                    "client_message_id": new_id(),
                    "text": prompt("tokens:40 delay:30"),
                    "conversation": begun.conversation["id"],
                },
            )
            for number in range(10)
        ]

        replies = await asyncio.gather(*sends, return_exceptions=True)

        (sent,) = [reply for reply in replies if isinstance(reply, dict)]
        await client.stop(sent["reply"]["run"]["id"])
        await client.ended(sent["reply"]["run"]["id"])
        assert len(await read_all(client, begun.conversation["id"])) == 4
