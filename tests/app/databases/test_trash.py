"""Removing for good, on both kinds of database: what goes, what stays, and two that sweep at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest
from sqlalchemy import func, select

from proxy_app.adapters.store.conversations import SqlConversationStore
from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.leases import Owner
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.runs import SqlRunStore
from proxy_app.adapters.store.schema import conversations, messages, requests, run_texts, runs
from proxy_app.adapters.store.trash import SqlTrash
from proxy_app.conversations.purging import DAY, Purge
from proxy_app.core.content import Piece
from proxy_app.core.objects import Part, RunStatus
from proxy_app.core.quotas import Limits
from proxy_app.errors import NotFoundError
from proxy_app.ports import Checkpoint, Ending, Publication, Sent
from tests.app.commands import command_of
from tests.app.stores import run_of

TABLES = (conversations, messages, runs, run_texts, requests)
HOUR = 3_600_000


@dataclass(slots=True)
class House:
    """A database, and time to let pass."""

    databases: list[Database]
    now: int = 1_700_000_000_000
    conversations: SqlConversationStore = field(init=False)
    runs: SqlRunStore = field(init=False)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        owner = Owner("place", "process", lease=60)
        self.conversations = SqlConversationStore(self.databases[0], owner, lambda: self.now)
        self.runs = SqlRunStore(self.databases[0], lambda: self.now)

    async def send(self, user: str = "ada", conversation: str | None = None) -> Sent:
        """Send a prompt under an id of its own."""
        name = f"m{next(self._numbers)}"
        command = command_of(user, client_message_id=name, fingerprint=name, conversation=conversation)
        return await self.conversations.send(command)

    async def end(self, sent: Sent, user: str = "ada", *, published: bool = True) -> None:
        """Store an answer's end."""
        status = RunStatus(run_of(sent), 1, 2, "completed", "stop")
        parts = [Part("1", "text", "Hi")]
        await self.runs.finish(Ending(status, 1, user, sent.reply.id, parts, Publication(b"{}")))
        if published:
            await self.runs.checkpoint([], [run_of(sent)])

    async def talk(self, turns: int = 1, user: str = "ada") -> str:
        """Have a conversation; return its id."""
        sent = await self.send(user)
        await self.end(sent, user)
        for _ in range(turns - 1):
            await self.end(await self.send(user, sent.conversation.id), user)
        return sent.conversation.id

    def purge(self, replica: int = 0, retention: float | None = 30) -> Purge:
        """Return a replica's purge."""
        return Purge(SqlTrash(self.databases[replica]), clock=lambda: self.now, retention=retention, pause=0)

    async def rows(self) -> list[int]:
        """Return how many rows each of ``TABLES`` has."""
        async with self.databases[0].read() as connection:
            counts = [select(func.count()).select_from(table) for table in TABLES]
            return [(await connection.execute(each)).scalar_one() for each in counts]


@asynccontextmanager
async def open_house(url: str) -> AsyncIterator[House]:
    """Open an empty database, as two replicas."""
    await migrate_async(url)
    first = Database(url)
    # SQLite's writers wait for each other in one process only.
    second = first if url.startswith("sqlite") else Database(url)
    try:
        yield House([first, second])
    finally:
        await first.close()
        await second.close()


async def test_what_was_deleted_long_ago_goes_with_all_that_belongs_to_it(database_url: str) -> None:
    async with open_house(database_url) as house:
        kept = await house.talk(2)
        before = await house.rows()
        deleted = await house.talk(60)  # More messages than are removed at once.
        await house.conversations.delete("ada", deleted)
        house.now += 30 * DAY
        await house.purge().sweep()
        assert (await house.rows())[0] == 2  # Not a moment too early.

        house.now += 1
        await house.purge().sweep()

        assert await house.rows() == before
        _, messages, _ = await house.conversations.branch("ada", kept, limit=10)
        assert len(messages) == 4
        with pytest.raises(NotFoundError):
            await house.conversations.delete("ada", deleted)


async def test_nothing_is_removed_where_it_is_kept_for_ever(database_url: str) -> None:
    async with open_house(database_url) as house:
        await house.conversations.delete("ada", await house.talk())
        before = await house.rows()
        house.now += 10_000 * DAY
        await house.purge(retention=None).sweep()

        assert await house.rows() == before


async def test_an_answer_that_is_not_over_is_not_removed(database_url: str) -> None:
    async with open_house(database_url) as house:
        sent = await house.send()
        await house.runs.checkpoint(
            [Checkpoint(run_of(sent), 1, 1, [(0, Piece("1", "text", "H"))], None)], []
        )
        await house.conversations.delete("ada", sent.conversation.id)
        house.now += 1
        await house.purge(retention=0).sweep()
        assert await house.rows() == [1, 2, 1, 1, 1]

        await house.end(sent, published=False)
        await house.purge(retention=0).sweep()
        assert await house.rows() == [1, 2, 1, 0, 1]  # Its end is owed to somebody.

        await house.runs.checkpoint([], [run_of(sent)])
        await house.purge(retention=0).sweep()
        assert await house.rows() == [0, 0, 0, 0, 0]


async def test_the_same_id_may_be_used_again_for_what_is_gone(database_url: str) -> None:
    async with open_house(database_url) as house:
        first = await house.conversations.send(command_of("ada", client_message_id="same"))
        await house.end(first)
        await house.conversations.delete("ada", first.conversation.id)
        house.now += 31 * DAY
        await house.purge().sweep()
        again = await house.conversations.send(command_of("ada", client_message_id="same"))

        assert not again.duplicate
        assert again.conversation.id != first.conversation.id


async def test_a_stop_whose_send_never_came_is_forgotten(database_url: str) -> None:
    async with open_house(database_url) as house:
        for number in range(501):  # More than are removed at once.
            await house.conversations.stop_message("ada", f"never-{number}")
        used = await house.send()
        assert used.message.client_message_id is not None
        await house.conversations.stop_message("ada", used.message.client_message_id)
        house.now += HOUR + 60_000
        await house.conversations.stop_message("ada", "just now")
        await house.purge().sweep()
        assert (await house.rows())[-1] == 503

        house.now += 1
        await house.purge().sweep()

        assert (await house.rows())[-1] == 2


async def test_two_replicas_may_sweep_at_once_while_others_write(database_url: str) -> None:
    async with open_house(database_url) as house:
        for number in range(12):
            user = f"user-{number % 3}"
            await house.conversations.delete(user, await house.talk(20 if number < 3 else 2, user))
            await house.conversations.stop_message(user, f"never-{number}")
        house.now += 31 * DAY
        purges = [house.purge(replica) for replica in (0, 1, 0, 1)]
        fresh = [house.talk(3, f"user-{number}") for number in range(3)]
        await asyncio.gather(*(purge.sweep() for purge in purges), *fresh)
        await house.purge().sweep()  # What one of them could not take because another one had it.

        assert await house.rows() == [3, 18, 9, 0, 9]


async def test_who_brings_it_back_in_time_keeps_it_and_nobody_does_later(database_url: str) -> None:
    async with open_house(database_url) as house:
        one, other = await house.talk(), await house.talk()
        for conversation in (one, other):
            await house.conversations.delete("ada", conversation)
        house.now += 31 * DAY
        await house.conversations.restore("ada", one, Limits())
        await SqlTrash(house.databases[1]).disown(house.now)
        # It is still there, but half of it may go at any moment.
        with pytest.raises(NotFoundError):
            await house.conversations.restore("ada", other, Limits())
        await house.purge().sweep()

        assert (await house.rows())[:2] == [1, 2]
