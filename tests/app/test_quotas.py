"""Quotas in the database: counted with the send, right to the last one, given back with a refusal."""

import asyncio
from collections.abc import Iterable

import pytest
from sqlalchemy import select

from proxy_app.adapters.store.schema import usage
from proxy_app.core.quotas import DAY, MINUTE, Limits
from proxy_app.errors import ChatError, RateLimitedError, TooLargeError

from .stores import Stores

pytestmark = pytest.mark.asyncio(loop_scope="module")


def refused(results: Iterable[object], kind: type[ChatError]) -> int:
    return sum(isinstance(result, kind) for result in results)


async def test_exactly_the_limit_gets_through(stores: Stores) -> None:
    limits = Limits(prompts_per_minute=7)
    results = await asyncio.gather(*(stores.send(limits=limits) for _ in range(30)), return_exceptions=True)

    assert refused(results, RateLimitedError) == 23


async def test_the_next_minute_and_the_next_day_begin_anew(stores: Stores) -> None:
    limits = Limits(prompts_per_minute=1, prompts_per_day=2)
    stores.now = 10 * DAY
    await stores.talk(limits=limits)
    with pytest.raises(RateLimitedError, match="a minute"):
        await stores.send(limits=limits)
    stores.now += MINUTE
    await stores.talk(limits=limits)
    stores.now += MINUTE
    with pytest.raises(RateLimitedError, match="a day"):
        await stores.send(limits=limits)
    stores.now += DAY
    await stores.talk(limits=limits)


async def test_what_was_refused_is_not_counted_and_nothing_of_it_is_kept(stores: Stores) -> None:
    limits = Limits(prompts_per_minute=1)
    await stores.talk(limits=limits)
    for _ in range(5):
        with pytest.raises(RateLimitedError):
            await stores.send(limits=limits)
    listed = await stores.conversations.conversations(stores.user, limit=50)

    assert len(listed.conversations) == 1
    await stores.send(limits=Limits(prompts_per_minute=2))


async def test_a_repetition_costs_nothing(stores: Stores) -> None:
    limits = Limits(prompts_per_minute=1)
    await stores.send(client_message_id="same", limits=limits)

    assert (await stores.send(client_message_id="same", limits=limits)).duplicate


async def test_users_do_not_use_up_each_others(stores: Stores) -> None:
    limits = Limits(prompts_per_minute=1)
    await stores.send(limits=limits)

    await Stores(stores.database, f"another than {stores.user}").send(limits=limits)


async def test_tokens_are_counted_at_the_end_of_an_answer(stores: Stores) -> None:
    limits = Limits(tokens_per_day=8)
    for _ in range(2):
        await stores.talk(limits=limits, tokens=4)

    with pytest.raises(RateLimitedError, match="used up"):
        await stores.send(limits=limits)


async def test_a_full_store_takes_no_more_until_something_is_deleted(stores: Stores) -> None:
    first = await stores.talk("x" * 1000, text="y" * 500)
    limits = Limits(storage=1600)
    with pytest.raises(TooLargeError, match="no room"):
        await stores.send(text="z" * 500, limits=limits)
    await stores.conversations.delete(stores.user, first.conversation.id)

    await stores.send(text="z" * 500, limits=limits)


async def test_only_so_many_conversations_are_kept(stores: Stores) -> None:
    limits = Limits(conversations=2)
    first = await stores.talk(limits=limits)
    await stores.talk(limits=limits)
    with pytest.raises(TooLargeError, match="2 conversations"):
        await stores.send(limits=limits)
    # What is there goes on, and deleting makes room.
    await stores.talk(limits=limits, conversation=first.conversation.id)
    await stores.conversations.delete(stores.user, first.conversation.id)
    await stores.send(limits=limits)


async def used_size(stores: Stores) -> int:
    """Return how many characters count as kept."""
    query = select(usage.c.size).where(usage.c.user_id == stores.user, usage.c.span == "total")
    async with stores.database.read() as connection:
        return int((await connection.execute(query)).scalar_one())


async def test_what_ends_after_it_was_deleted_takes_no_room_and_its_room_when_it_comes_back(
    stores: Stores,
) -> None:
    kept = await stores.talk("x" * 100)
    size = await used_size(stores)
    sent = await stores.send(text="Hi")
    await stores.conversations.delete(stores.user, sent.conversation.id)
    await stores.finish(sent, "x" * 1000)
    assert await used_size(stores) == size
    await stores.conversations.restore(stores.user, sent.conversation.id, Limits())

    assert 1000 < await used_size(stores) - size < 1200
    for each in (kept, sent):
        await stores.conversations.delete(stores.user, each.conversation.id)
    assert await used_size(stores) == 0
