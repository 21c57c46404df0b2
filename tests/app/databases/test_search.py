"""What is found, and what is not, on both kinds of database."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, func, make_url, select, text

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.schema import conversations, messages, requests, run_texts, runs, texts
from proxy_app.core.objects import Part
from proxy_app.core.quotas import Limits
from proxy_app.ports import Listed, Match, Sent
from tests.app.stores import Stores

ODD = "a\0b \N{PILE OF POO} \u2028 \\u0000 \ufeff \U0010ffff ' \" %s :x * NEAR( ) AND"


@dataclass(frozen=True, slots=True)
class Search:
    """A user's conversations, and what is found in them."""

    stores: Stores

    async def __call__(self, query: str, *, limit: int = 10, cursor: str | None = None) -> Listed:
        """Search."""
        return await self.stores.conversations.conversations(
            self.stores.user, limit=limit, cursor=cursor, query=query
        )

    async def ids(self, query: str) -> list[str]:
        """Return which conversations are found."""
        return [conversation.id for conversation in (await self(query)).conversations]

    async def talk(self, text: str, said: str | Sequence[Part] = "ok", **changes: object) -> Sent:
        """Send a prompt that is answered; the newer, the later."""
        self.stores.now += 1
        return await self.stores.talk(said, text=text, **changes)  # type: ignore[arg-type]


@asynccontextmanager
async def open_search(url: str) -> AsyncIterator[Search]:
    """Open an empty database."""
    await migrate_async(url)
    database = Database(url)
    try:
        yield Search(Stores(database, "user"))
    finally:
        await database.close()


async def test_titles_prompts_and_answers_are_found(database_url: str) -> None:
    async with open_search(database_url) as search:
        one = await search.talk("Tell me about Crème brûlée.", "It is a dessert.", title="Sweets")
        other = await search.talk("What about cats?", "Cats like dessert, too.", title="Animals")
        one_id, other_id = one.conversation.id, other.conversation.id

        assert await search("dessert") == Listed(
            [other.conversation, one.conversation],
            None,
            {
                one_id: Match(one.reply.id, "It is a dessert."),
                other_id: Match(other.reply.id, "Cats like dessert, too."),
            },
        )
        assert await search("SWEETS") == Listed([one.conversation], None, {})
        for query, ids in {
            "creme brulee": [one_id],
            "BRÛLÉE": [one_id],
            "about": [other_id, one_id],
            "cats dess": [other_id],
            "dess cats": [],  # Only of the last word the beginning is enough.
            "essert": [],
            "cat": [other_id],
            "cats brulee": [],
            "": [other_id, one_id],
            " ": [],
            "?!": [],
        }.items():
            assert await search.ids(query) == ids, query


@pytest.mark.parametrize(
    "query",
    [
        *("'", '"', "\\", "%", "_", "*", "a*", "NEAR(a b)", "a AND", "OR", "NOT a", "-a", "^a", "a:b", "{a}"),
        *(
            "'a':*",
            "a & b",
            "a | b",
            "!a",
            "(a",
            "a <-> b",
            "\0",
            "a\0b",
            "\ud83d",
            "🙂",
            "é" * 200,
            "a " * 128,
        ),
        *("words:a", "' OR 1=1 --", "); DROP TABLE texts; --", "日本", "\u202e", "x" * 256, "\ufffe\uffff"),
    ],
)
async def test_nothing_in_a_query_is_the_databases_language(database_url: str, query: str) -> None:
    async with open_search(database_url) as search:
        sent = await search.talk(f"begin {ODD} end", title="T")
        await search(query.encode("utf-8", "replace").decode())
        assert await search.ids("begin end") == [sent.conversation.id]


async def test_odd_text_is_found_and_shown(database_url: str) -> None:
    async with open_search(database_url) as search:
        await search.talk("begin", f"{ODD} Nädel end")
        listed = await search("nadel")

        (match,) = listed.matches.values()
        assert "Nädel end" in match.snippet
        assert match.snippet.isprintable()


async def test_what_is_being_written_is_found_when_it_has_ended(database_url: str) -> None:
    async with open_search(database_url) as search:
        stores = search.stores
        sent = await stores.send(text="Hi", title="T")
        await stores.checkpoint(sent, "secret")
        assert await search.ids("secret") == []
        await stores.finish(sent, "secret")
        assert await search.ids("secret") == [sent.conversation.id]


async def test_a_title_is_found_as_it_is_now(database_url: str) -> None:
    async with open_search(database_url) as search:
        sent = await search.talk("Hi", title="First")
        await search.stores.conversations.rename("user", sent.conversation.id, "Second")

        assert await search.ids("first") == []
        assert await search.ids("second") == [sent.conversation.id]


async def test_what_is_deleted_or_another_users_is_not_found(database_url: str) -> None:
    async with open_search(database_url) as search:
        stores = search.stores
        mine = await search.talk("secret", title="secret")
        another = Stores(stores.database, "another")
        theirs = await another.talk("secret", text="secret", title="secret")

        assert await search.ids("secret") == [mine.conversation.id]
        assert await Search(another).ids("secret") == [theirs.conversation.id]
        await stores.conversations.delete("user", mine.conversation.id)
        assert await search.ids("secret") == []
        await stores.conversations.restore("user", mine.conversation.id, Limits())
        assert await search.ids("secret") == [mine.conversation.id]


async def test_what_is_found_comes_in_pages(database_url: str) -> None:
    async with open_search(database_url) as search:
        ids = [(await search.talk(f"word {number}")).conversation.id for number in range(7)]
        await search.talk("nothing")
        found: list[str] = []
        cursor = None
        while True:
            page = await search("word", limit=3, cursor=cursor)
            assert set(page.matches) == {conversation.id for conversation in page.conversations}
            found += [conversation.id for conversation in page.conversations]
            cursor = page.next
            if cursor is None:
                break

        assert found == ids[::-1]


async def test_the_newest_message_is_shown(database_url: str) -> None:
    async with open_search(database_url) as search:
        sent = await search.talk("word one")
        later = await search.talk("word two", conversation=sent.conversation.id)
        await search.talk("else", conversation=sent.conversation.id)

        assert (await search("word")).matches == {sent.conversation.id: Match(later.message.id, "word two")}


async def test_what_is_purged_takes_its_place_in_the_index_with_it(database_url: str) -> None:
    async with open_search(database_url) as search:
        stores = search.stores
        gone = await search.talk("secret one", "secret answer", title="secret title")
        kept = await search.talk("secret two", "secret answer", title="secret title")
        async with stores.database.write() as connection:
            mine = runs.c.conversation_id == gone.conversation.id
            theirs = select(runs.c.id).where(mine)
            await connection.execute(delete(run_texts).where(run_texts.c.run_id.in_(theirs)))
            await connection.execute(delete(runs).where(mine))
            await connection.execute(delete(requests).where(requests.c.message_id == gone.message.id))
            await connection.execute(
                delete(messages).where(messages.c.conversation_id == gone.conversation.id)
            )
            await connection.execute(delete(conversations).where(conversations.c.id == gone.conversation.id))

        assert await search.ids("secret") == [kept.conversation.id]
        async with stores.database.read() as connection:
            assert (await connection.execute(select(func.count()).select_from(texts))).scalar_one() == 3
            if make_url(database_url).get_backend_name() == "sqlite":
                found = text("SELECT count(*) FROM search WHERE search MATCH '\"' || :mark || 'secret\"'")
                count = (await connection.execute(found, {"mark": "04f8996d"})).scalar_one()
                assert count == 3


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_the_index_is_the_texts(database_url: str) -> None:
    async with open_search(database_url) as search:
        for number in range(20):
            sent = await search.talk(f"word {number} {ODD}", title=f"Title {number}")
            await search.stores.conversations.rename("user", sent.conversation.id, f"Other {number}")
        await search.stores.conversations.delete("user", sent.conversation.id)
    path = make_url(database_url).database
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # It fails if index and texts differ.
        database.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
        database.execute("VACUUM")
        database.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
