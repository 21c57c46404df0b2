"""Stopping and starting again: what is being written is seen off, and what was left behind is ended."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import orjson

from proxy_app.adapters.store.conversations import SqlConversationStore
from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.leases import Owner
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.runs import SqlRunStore
from proxy_app.core.content import Piece
from proxy_app.ports import Checkpoint
from tests.fakes.centrifugo_api import FakeCentrifugo, Status
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.openai_steps import Stall, Text, Wait, answer

from .commands import command_of
from .service import Service, open_alone, open_service, run_of, text_of


async def health(service: Service) -> int:
    async with service.http.get(f"{service.url}/health") as answered:
        return answered.status


async def test_while_it_stops_new_prompts_are_refused_and_all_else_is_answered(tmp_path: Path) -> None:
    async with open_alone(tmp_path) as service:
        go_on = asyncio.Event()
        service.openai.scripts.append([Text("Hel"), Wait(go_on), *answer("lo")])
        sent = await service.send("Hello!", client_message_id="same")
        await service.centrifugo.arrived(run_of(sent), 1)
        closing_down = asyncio.create_task(service.runs.aclose(5))
        await asyncio.sleep(0)

        error = await service.refused("chat:send", {"client_message_id": "x", "text": "Hi"})
        assert (error["code"], error["temporary"]) == (1503, True)
        assert await health(service) == 503
        # Whoever repeats what is stored learns so; tabs go on catching up.
        assert (await service.send("Hello!", client_message_id="same"))["duplicate"] is True
        assert len((await service.call("chat:sync"))["runs"]) == 1
        assert "result" in await service.connect()

        go_on.set()
        await closing_down
        client = service.centrifugo.client(run_of(sent))
    assert (client.status, text_of(client)) == ("completed", "Hello")


async def test_what_does_not_finish_in_time_is_interrupted_with_every_word(tmp_path: Path) -> None:
    async with FakeOpenAI() as openai, FakeCentrifugo() as centrifugo:
        openai.scripts.append([Text("Hel"), Text("lo"), Stall()])
        async with open_service(tmp_path, openai, centrifugo, shutdown_grace=0.05) as service:
            sent = await service.send()
            await service.centrifugo.until(lambda: text_of(centrifugo.client(run_of(sent))) == "Hello")
        client = centrifugo.client(run_of(sent))
        assert (client.status, client.outcome["finish_reason"]) == ("interrupted", "interrupted")
        assert text_of(client) == "Hello"
        await openai.until_closed(openai.requests[0])

        count = len(centrifugo.published)
        async with open_service(tmp_path, openai, centrifugo) as service:
            state = await service.call("chat:run", {"run": run_of(sent)})
            assert (state["run"]["status"], state["parts"][0]["text"]) == ("interrupted", "Hello")
        # It was published, and that is known: nothing is published again.
        assert len(centrifugo.published) == count


async def test_what_a_crash_left_is_ended_at_the_next_start_and_a_client_takes_it(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'chat.sqlite3'}"
    await migrate_async(url)
    database = Database(url)
    owner = Owner("a host that died", "x", lease=0)
    sent = await SqlConversationStore(database, owner, lambda: 1).send(command_of("alice"))
    assert sent.reply.run is not None
    run = sent.reply.run.id
    pieces = [(0, Piece("1", "reasoning", "Hm.")), (1, Piece("2", "text", "Hello 🙂"))]
    await SqlRunStore(database, lambda: 1).checkpoint([Checkpoint(run, 1, 4, pieces, None)], [])
    await database.close()

    async with open_alone(tmp_path) as service:
        await service.centrifugo.arrived(run, 1)
        (event,) = service.centrifugo.run_events(run)
        state = await service.call("chat:run", {"run": run})
        # The conversation is free again.
        await service.talk("tokens:1", client_message_id="next", conversation=sent.conversation.id)

    assert [chunk["type"] for chunk in event["chunks"]] == ["run-reset", "text-end", "run-end"]
    assert (event["attempt"], event["seq"]) == (2, 1)
    assert event["chunks"][0]["keep"] == [{"id": "1", "length": 3}, {"id": "2", "length": 8}]
    assert event["chunks"][-1]["status"] == "interrupted"
    assert [part["text"] for part in state["parts"]] == ["Hm.", "Hello 🙂"]
    assert (state["run"]["attempt"], state["run"]["seq"]) == (2, 1)


async def test_what_was_deleted_long_ago_is_removed_at_the_next_start(tmp_path: Path) -> None:
    async with FakeOpenAI() as openai, FakeCentrifugo() as centrifugo:
        async with open_service(tmp_path, openai, centrifugo) as service:
            sent, _ = await service.talk("tokens:3")
            kept, _ = await service.talk("tokens:3")
            await until_published(service, run_of(sent))
            await service.call("chat:delete", {"conversation": sent["conversation"]["id"]})
        async with open_service(tmp_path, openai, centrifugo, deleted_retention=0) as service:
            with closing(sqlite3.connect(service.database)) as database:
                async with asyncio.timeout(5):
                    while database.execute("SELECT count(*) FROM conversations").fetchone()[0] > 1:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                assert database.execute("SELECT DISTINCT conversation_id FROM messages").fetchall() == [
                    (kept["conversation"]["id"],)
                ]


async def test_an_end_that_nobody_took_is_published_at_the_next_start(tmp_path: Path) -> None:
    async with FakeOpenAI() as openai, FakeCentrifugo() as centrifugo:
        async with open_service(tmp_path, openai, centrifugo) as service:
            run = run_of((await service.talk("tokens:3"))[0])
            end = centrifugo.run_events(run)[-1]
            await until_published(service, run)
            # As if the process had died before it heard that Centrifugo took it.
            with closing(sqlite3.connect(service.database)) as database, database:
                database.execute("UPDATE runs SET end_publication = ?", (orjson.dumps(end),))
        centrifugo.restart()
        centrifugo.published.clear()
        async with open_service(tmp_path, openai, centrifugo) as service:
            await centrifugo.arrived(run, 1)
            await until_published(service, run)

        assert centrifugo.run_events(run) == [end]
        (publication, *_) = [call.publications for call in centrifugo.calls if call.publications][-1]
        assert publication["idempotency_key"] == f"{run}:1:{end['seq']}"


async def until_published(service: Service, run: str) -> None:
    """Wait until the database knows that a run's end was published."""
    with closing(sqlite3.connect(service.database)) as database:
        query = "SELECT count(*) FROM runs WHERE id = ? AND end_publication IS NULL AND status != 'running'"
        async with asyncio.timeout(5):
            while not database.execute(query, (run,)).fetchone()[0]:  # noqa: ASYNC110  # It tells nobody.
                await asyncio.sleep(0.01)


async def test_what_ended_while_centrifugo_was_away_is_published_before_it_stops(tmp_path: Path) -> None:
    async with FakeOpenAI() as openai, FakeCentrifugo() as centrifugo:
        centrifugo.away = Status(502)
        async with open_service(tmp_path, openai, centrifugo, shutdown_grace=5) as service:
            sent = await service.send("tokens:5")
            await service.until_stored(run_of(sent), "completed")
            assert centrifugo.published == []
            centrifugo.away = None
        client = centrifugo.client(run_of(sent))
        assert (client.status, client.mismatched) == ("completed", False)
