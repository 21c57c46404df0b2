"""Two replicas on one database, of either kind: who owns a run, and what happens at the same time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest

from proxy_app.adapters.store.conversations import SqlConversationStore
from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.leases import Owner, SqlLeases
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.runs import SqlRunStore
from proxy_app.adapters.store.signals import StopSignals
from proxy_app.core.content import Piece
from proxy_app.core.objects import Part, RunStatus
from proxy_app.core.quotas import Limits
from proxy_app.errors import (
    BusyError,
    NotFoundError,
    OwnershipLostError,
    RateLimitedError,
    TooManyRunsError,
)
from proxy_app.ports import Checkpoint, Ending, Listed, Publication, SendCommand, Sent, Taken
from tests.stack.processes import until

ODD = "a\0b \N{PILE OF POO} \u2028 \\u0000 \ufeff \U0010ffff ' \" %s :x"
"""Text that some column or driver does not take as it is."""


@dataclass(frozen=True, slots=True)
class Replica:
    """What one process has of the store."""

    conversations: SqlConversationStore
    runs: SqlRunStore
    leases: SqlLeases


@asynccontextmanager
async def open_replicas(url: str, *leases: float) -> AsyncIterator[list[Replica]]:
    """Open the database as so many replicas, whose leases last so many seconds."""
    async with AsyncExitStack() as opened:
        await migrate_async(url)
        database = Database(url)
        opened.push_async_callback(database.close)
        replicas = []
        for name, lease in zip("abcdefgh", leases, strict=False):
            # SQLite's writers wait for each other in one process only.
            own = database if url.startswith("sqlite") else Database(url)
            opened.push_async_callback(own.close)
            owner = Owner(f"place-{name}", f"process-{name}", lease)
            replicas.append(
                Replica(
                    SqlConversationStore(own, owner, _clock), SqlRunStore(own, _clock), SqlLeases(own, owner)
                )
            )
        yield replicas


def _clock() -> int:
    return 1_700_000_000_000


def command(name: str = "m", user: str = "user", **fields: object) -> SendCommand:
    """Return a prompt that begins a conversation, but for the fields given."""
    plain = SendCommand(
        user=user,
        client_message_id=name,
        fingerprint="f",
        text="Hi",
        title="Hi",
        conversation=None,
        parent=None,
        parent_given=False,
        model="model",
        stop_running=False,
        policy="interrupt",
        limits=Limits(runs=16),
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def run_of(sent: Sent) -> str:
    assert sent.reply.run is not None
    return sent.reply.run.id


def said(sent: Sent, text: str, *, attempt: int = 1, number: int = 0) -> Checkpoint:
    return Checkpoint(run_of(sent), attempt, number + 1, [(number, Piece("1", "text", text))], None)


def ending(sent: Sent, text: str, *, attempt: int = 1) -> Ending:
    return Ending(
        run=RunStatus(run_of(sent), attempt, 2, "completed", "stop"),
        expected_attempt=attempt,
        user="user",
        message=sent.reply.id,
        parts=[Part("1", "text", text)],
        publication=Publication(b"{}"),
    )


async def test_a_run_is_its_owners_until_its_lease_runs_out(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as (a, b):
        sent = await a.conversations.send(command())
        run = run_of(sent)

        assert await b.leases.renew([run]) == {}
        assert await b.leases.take_expired(except_for=(), limit=10) == []
        held = await a.leases.renew([run])
        assert (held[run].attempt, held[run].stop_requested) == (1, False)
        assert await b.leases.running([run, "none"]) == {run}


async def test_who_takes_a_run_over_has_its_text_and_its_former_owner_has_nothing(database_url: str) -> None:
    async with open_replicas(database_url, 0, 60) as (a, b):
        sent = await a.conversations.send(command())
        await a.runs.checkpoint([said(sent, ODD)], ())
        (taken,) = await until_taken(b)

        assert taken.state.run.attempt == 2
        assert [part.text for part in taken.state.parts] == [ODD]
        assert taken.pieces == 1
        assert await a.leases.renew([run_of(sent)]) == {}
        await a.runs.checkpoint([said(sent, "lost", number=1)], ())
        with pytest.raises(OwnershipLostError):
            await a.runs.finish(ending(sent, "lost"))
        state = await b.conversations.run_state("user", run_of(sent))
        assert [part.text for part in state.parts] == [ODD]

        await b.runs.checkpoint([said(sent, " more", attempt=2, number=1)], ())
        await b.runs.finish(ending(sent, ODD + " more", attempt=2))
        state = await a.conversations.run_state("user", run_of(sent))
        assert (state.run.status, [part.text for part in state.parts]) == ("completed", [ODD + " more"])


async def test_what_two_replicas_sweep_at_once_is_taken_once(database_url: str) -> None:
    async with open_replicas(database_url, 0, 60, 60, 60) as (dead, *alive):
        sent = [await dead.conversations.send(command(f"m{n}", f"user{n}")) for n in range(30)]
        taken: list[str] = []

        async def sweep(replica: Replica) -> None:
            while len(taken) < len(sent):
                swept = await replica.leases.take_expired(except_for=(), limit=7)
                taken.extend(each.state.run.id for each in swept)

        async with asyncio.timeout(20):
            await asyncio.gather(*(sweep(replica) for replica in alive for _ in range(3)))

        assert sorted(taken) == sorted(run_of(each) for each in sent)


async def test_a_sweep_that_waits_for_sqlites_writer_spares_what_is_begun_meanwhile(tmp_path: Path) -> None:
    async with open_replicas(f"sqlite+aiosqlite:///{tmp_path / 'chat.sqlite3'}", -60) as (a,):
        live: set[str] = set()

        async def begin() -> None:
            live.add(run_of(await a.conversations.send(command())))

        async with asyncio.TaskGroup() as group:
            group.create_task(begin())
            sweeping = group.create_task(a.leases.take_expired(except_for=live, limit=10))

        assert len(live) == 1
        assert sweeping.result() == []


async def test_a_released_run_is_taken_at_once(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as (a, b):
        sent = await a.conversations.send(command())
        await a.leases.release([run_of(sent)])
        (taken,) = await b.leases.take_expired(except_for=(), limit=10)
        assert taken.state.run.id == run_of(sent)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("work", ["renewing", "keeping"])
async def test_rows_are_locked_in_one_order_so_that_nobody_waits_for_ever(
    database_url: str, work: str
) -> None:
    async with open_replicas(database_url, 60) as (a,):
        sent = [await a.conversations.send(command(f"m{n}", f"user{n}")) for n in range(7)]
        for each in reversed(sent):  # Now the rows lie in another order than that of their ids.
            await a.runs.checkpoint([said(each, "x")], ())
        names = sorted(run_of(each) for each in sent)
        other = await asyncpg.connect(database_url.replace("+asyncpg", ""))

        async def waits() -> bool:
            query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1"
            return bool(await other.fetch(query, database_url.rpartition("/")[2]))

        holding = other.transaction()
        await holding.start()
        await other.execute("SELECT 1 FROM runs WHERE id = $1 FOR UPDATE", names[3])
        news = [said(each, "y", number=1) for each in reversed(sent)]
        working: dict[str, Callable[[], Awaitable[object]]] = {
            "renewing": lambda: a.leases.renew(names),
            "keeping": lambda: a.runs.checkpoint(news, ()),
        }
        task = asyncio.ensure_future(working[work]())
        await until(waits, 10, "a wait for the row")
        free = await other.fetch("SELECT id FROM runs WHERE id <> $1 FOR UPDATE SKIP LOCKED", names[3])
        await holding.rollback()
        await task
        await other.close()

        assert sorted(row["id"] for row in free) == names[4:]


async def test_the_same_send_at_once_through_two_replicas_is_stored_once(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as replicas:
        sends = (replicas[n % 2].conversations.send(command()) for n in range(40))
        sent = await asyncio.gather(*sends)
        assert sorted(each.duplicate for each in sent) == [False] + [True] * 39
        assert len({run_of(each) for each in sent}) == 1


async def test_no_more_answers_at_once_than_a_user_may_have(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as replicas:
        sends = (
            replicas[n % 2].conversations.send(command(f"m{n}", limits=Limits(runs=4))) for n in range(20)
        )
        sent = await asyncio.gather(*sends, return_exceptions=True)
        assert sum(isinstance(each, Sent) for each in sent) == 4
        assert sum(isinstance(each, TooManyRunsError) for each in sent) == 16


async def test_exactly_the_quota_gets_through_two_replicas(database_url: str) -> None:
    limits = Limits(prompts_per_minute=13)
    async with open_replicas(database_url, 60, 60) as replicas:
        sends = (replicas[n % 2].conversations.send(command(f"m{n}", limits=limits)) for n in range(50))
        sent = await asyncio.gather(*sends, return_exceptions=True)
        assert sum(isinstance(each, Sent) for each in sent) == 13
        assert sum(isinstance(each, RateLimitedError) for each in sent) == 37


async def test_one_answer_at_once_in_a_conversation(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as replicas:
        begun = await replicas[0].conversations.send(command("first"))
        await replicas[0].runs.finish(ending(begun, "Hello"))
        sends = (
            replicas[n % 2].conversations.send(command(f"m{n}", conversation=begun.conversation.id))
            for n in range(10)
        )
        sent = await asyncio.gather(*sends, return_exceptions=True)
        assert sum(isinstance(each, Sent) for each in sent) == 1
        assert sum(isinstance(each, BusyError) for each in sent) == 9


@pytest.mark.parametrize("name", ["\U0010ffff", "x" * 256, "' OR 1=1 --", "\\u0000", "%"])
async def test_an_odd_id_is_nobodys(database_url: str, name: str) -> None:
    async with open_replicas(database_url, 60) as (a,):
        sent = await a.conversations.send(command())
        conversation = sent.conversation.id
        for call in (
            a.conversations.send(command("other", conversation=name)),
            a.conversations.send(command("third", conversation=conversation, parent=name, parent_given=True)),
            a.conversations.stop_run("user", name),
            a.conversations.run_state("user", name),
            a.conversations.branch("user", name, limit=10),
            a.conversations.branch("user", conversation, limit=10, before=name),
            a.conversations.rename("user", name, "title"),
            a.conversations.delete("user", name),
        ):
            with pytest.raises((NotFoundError, BusyError)):
                await call
        assert await a.conversations.conversations("user", limit=5, query=name) == Listed([], None)


async def test_odd_text_is_kept_as_it_is(database_url: str) -> None:
    async with open_replicas(database_url, 60) as (a,):
        sent = await a.conversations.send(command(text=ODD))
        await a.runs.checkpoint([said(sent, ODD)], ())
        await a.runs.finish(ending(sent, ODD))
        _, messages, _ = await a.conversations.branch("user", sent.conversation.id, limit=10)
        assert [[part.text for part in message.parts] for message in messages] == [[ODD], [ODD]]


async def test_a_stop_reaches_the_owner(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as (a, b):
        sent = await a.conversations.send(command())
        await b.conversations.stop_run("user", run_of(sent))
        held = await a.leases.renew([run_of(sent)])
        assert held[run_of(sent)].stop_requested


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_stop_is_told_to_everybody_who_listens(database_url: str) -> None:
    heard: list[str] = []
    async with open_replicas(database_url, 60, 60) as (a, b):
        listening = asyncio.create_task(StopSignals(database_url, heard.append).run())
        try:
            async with asyncio.timeout(20):
                number = 0
                while not heard:  # What is stopped before anybody listens is found when leases are renewed.
                    number += 1
                    sent = await a.conversations.send(command(f"m{number}", f"user{number}"))
                    await b.conversations.stop_run(f"user{number}", run_of(sent))
                    await asyncio.sleep(0.1)
                assert run_of(sent) in heard
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def until_taken(replica: Replica) -> list[Taken]:
    """Take what has expired, which is a matter of a millisecond."""

    async def take() -> list[Taken]:
        return await replica.leases.take_expired(except_for=(), limit=10)

    return await until(take, 5, "an expired lease")


def test_signals_take_the_same_words_of_the_url_as_the_other_connections() -> None:
    url = "postgresql+asyncpg://ada:secret@db:5433/chat?ssl=require&prepared_statement_cache_size=0"
    assert StopSignals(url, lambda _: None)._arguments == {
        "host": "db",
        "port": 5433,
        "user": "ada",
        "password": "secret",
        "database": "chat",
        "ssl": "require",
    }
