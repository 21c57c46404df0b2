"""A database that fails while the service runs: what can't be stored waits, and nothing is lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.fakes.openai_steps import Text, Wait, answer

from .service import Service, open_alone, run_of, text_of


@asynccontextmanager
async def hidden(service: Service, table: str) -> AsyncIterator[None]:
    """Take a table away for a while, which is an operational error to whoever uses it."""

    def rename(before: str, after: str) -> None:
        with closing(sqlite3.connect(service.database)) as database:
            database.execute(f"ALTER TABLE {before} RENAME TO {after}")

    # In a thread: the service may be in a transaction, and shares our loop.
    await asyncio.to_thread(rename, table, f"{table}_hidden")
    try:
        yield
    finally:
        await asyncio.to_thread(rename, f"{table}_hidden", table)


async def test_nothing_can_be_sent_and_everything_can_afterwards(tmp_path: Path) -> None:
    async with open_alone(tmp_path) as service:
        async with hidden(service, "requests"):
            error = await service.refused("chat:send", {"client_message_id": "m", "text": "Hi"})
            assert (error["code"], error["temporary"]) == (1503, True)
            assert "requests" not in error["message"]
            error = await service.refused("chat:stop", {"client_message_id": "m"})
            assert error["code"] == 1503
        async with hidden(service, "conversations"):
            for method in ("chat:sync", "chat:conversations"):
                assert (await service.refused(method))["code"] == 1503
        assert service.openai.requests == []
        _, client = await service.talk("tokens:3", client_message_id="m")

    assert client.status == "completed"


async def test_an_answer_goes_on_and_its_end_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_alone(tmp_path) as service:
        go_on = asyncio.Event()
        service.openai.scripts.append([Text("Hel"), Wait(go_on), *answer("lo")])
        run = run_of(await service.send())
        await service.centrifugo.arrived(run, 1)
        async with hidden(service, "run_texts"):
            go_on.set()
            await service.openai.until(lambda: "can't be stored yet" in caplog.text)
            assert not service.centrifugo.client(run).ended
        client = await service.centrifugo.ended(run)
        stored = await service.call("chat:run", {"run": run})

    assert (client.status, text_of(client)) == ("completed", "Hello")
    assert (stored["run"]["status"], stored["parts"][0]["text"]) == ("completed", "Hello")


async def test_text_goes_out_though_it_cannot_be_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_alone(tmp_path) as service:
        more, end = asyncio.Event(), asyncio.Event()
        service.openai.scripts.append([Text("Hel"), Wait(more), Text("lo"), Wait(end), *answer("!")])
        run = run_of(await service.send())
        await service.centrifugo.arrived(run, 1)
        async with hidden(service, "run_texts"):
            more.set()
            await service.centrifugo.until(lambda: text_of(service.centrifugo.client(run)) == "Hello")
            await service.openai.until(lambda: "checkpoint has to wait" in caplog.text)
        end.set()
        client = await service.centrifugo.ended(run)

    assert text_of(client) == "Hello!"
