"""The two stores, over every kind of database there is here.

Tests share a database and have users of their own, so that one on a server will do.
"""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.schema import requests, runs
from proxy_app.core.chunks import Usage
from proxy_app.core.content import Piece
from proxy_app.core.objects import Part, RunError, RunStatus
from proxy_app.core.outcomes import failed
from proxy_app.core.positions import Position
from proxy_app.core.quotas import Limits
from proxy_app.errors import (
    BusyError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    OwnershipLostError,
    TooManyRunsError,
)
from proxy_app.ports import Checkpoint, Ending, PromptMessage, Publication

from .stores import Stores, run_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "\x00\x1f\x7f\"\\'%_;--\u2028\ufeff\ufffe🙂\U0010ffff\r\n\t{}"


# Sending


async def test_a_send_stores_all_or_nothing_and_answers_with_it(stores: Stores) -> None:
    sent = await stores.send(text=HOSTILE, title="A title", model="m")

    assert (sent.duplicate, sent.stopped, sent.stopping) == (False, False, [])
    assert (sent.conversation.title, sent.conversation.head) == ("A title", sent.reply.id)
    assert sent.conversation.created_at == sent.conversation.updated_at == stores.now
    assert sent.message.parts == [Part("1", "text", HOSTILE)]
    assert (sent.reply.parent, sent.reply.model) == (sent.message.id, "m")
    assert sent.reply.run == RunStatus(run_of(sent), 1, 0, "running")
    conversation, messages, _ = await stores.conversations.branch(stores.user, sent.conversation.id, limit=9)
    assert conversation == sent.conversation
    assert messages == [replace(m, siblings=()) for m in (sent.message, sent.reply)]


async def test_a_hundred_sends_at_once_are_one(stores: Stores) -> None:
    sends = await asyncio.gather(*(stores.send(client_message_id="same") for _ in range(100)))

    assert [sent.duplicate for sent in sends].count(False) == 1
    assert len({(sent.message.id, sent.reply.id, run_of(sent)) for sent in sends}) == 1
    assert len((await stores.conversations.conversations(stores.user, limit=100)).conversations) == 1


async def test_another_content_is_a_conflict(stores: Stores) -> None:
    await stores.send(client_message_id="same")
    with pytest.raises(IdempotencyConflictError):
        await stores.send(client_message_id="same", fingerprint="another")


async def test_a_repetition_tells_how_it_stands_by_now(stores: Stores) -> None:
    sent = await stores.send(client_message_id="same")
    await stores.checkpoint(sent, "Hel")
    again = await stores.send(client_message_id="same")
    assert (again.duplicate, again.reply.parts) == (True, [Part("1", "text", "Hel")])

    await stores.finish(sent, "Hello")
    again = await stores.send(client_message_id="same")
    assert again.reply.run is not None
    assert (again.reply.run.status, again.reply.parts) == ("completed", [Part("1", "text", "Hello")])
    # It comes before every limit.
    assert (await stores.send(client_message_id="same", limits=Limits(runs=0))).duplicate


async def test_whoever_is_refused_may_send_the_same_again(stores: Stores) -> None:
    first = await stores.send()
    conversation = first.conversation.id
    refusals: list[tuple[type[Exception], dict[str, Any]]] = [
        (BusyError, {"conversation": conversation}),
        (TooManyRunsError, {"limits": Limits(runs=1)}),
        (NotFoundError, {"conversation": "nobody's"}),
        (NotFoundError, {"parent": "nobody's", "parent_given": True}),
        (
            InvalidRequestError,
            {"conversation": conversation, "parent": first.message.id, "parent_given": True},
        ),
    ]
    for error, changes in refusals:
        with pytest.raises(error):
            await stores.send(client_message_id="refused", **changes)
    sent = await stores.send(client_message_id="refused")

    assert not sent.duplicate
    assert len((await stores.conversations.conversations(stores.user, limit=100)).conversations) == 2


async def test_a_send_that_makes_room_stops_what_is_in_its_way(stores: Stores) -> None:
    first = await stores.send()
    second = await stores.send(conversation=first.conversation.id, stop_running=True, limits=Limits(runs=1))

    assert second.stopping == [run_of(first)]
    assert second.message.parent == first.reply.id
    assert second.conversation.version > first.conversation.version


async def test_limits_count_the_users_own_runs(stores: Stores) -> None:
    first = await stores.send(limits=Limits(runs=2))
    await stores.send(limits=Limits(runs=2))
    with pytest.raises(TooManyRunsError):
        await stores.send(limits=Limits(runs=2))
    await Stores(stores.database, f"another than {stores.user}").send(limits=Limits(runs=1))
    await stores.finish(first, "Hi")

    await stores.send(limits=Limits(runs=2))


async def test_only_one_of_many_has_the_conversation(stores: Stores) -> None:
    first = await stores.talk()
    results = await asyncio.gather(
        *(stores.send(conversation=first.conversation.id) for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(result, BusyError) for result in results) == 19


# Stopping


async def test_a_stop_waits_for_its_send_for_a_minute(stores: Stores) -> None:
    for name, pause, stopped in (("at once", 0, True), ("in time", 60_000, True), ("late", 60_001, False)):
        assert await stores.conversations.stop_message(stores.user, name) is None
        stores.now += pause
        assert (await stores.send(client_message_id=name)).stopped is stopped


async def test_a_second_early_stop_begins_the_minute_anew(stores: Stores) -> None:
    await stores.conversations.stop_message(stores.user, "m")
    stores.now += 50_000
    await stores.conversations.stop_message(stores.user, "m")
    stores.now += 50_000

    assert (await stores.send(client_message_id="m")).stopped


async def test_a_stop_of_a_send_is_one_of_its_run(stores: Stores) -> None:
    sent = await stores.send(client_message_id="m")
    by_message = await stores.conversations.stop_message(stores.user, "m")
    by_run = await stores.conversations.stop_run(stores.user, run_of(sent))
    assert by_message == by_run == sent.reply.run

    await stores.finish(sent, "Hi")
    assert (await stores.conversations.stop_run(stores.user, run_of(sent))).status == "completed"


async def test_a_stop_is_the_users_own(stores: Stores) -> None:
    sent = await stores.send()
    for user, run in (("mallory", run_of(sent)), (stores.user, "nobody's")):
        with pytest.raises(NotFoundError):
            await stores.conversations.stop_run(user, run)


# Runs while they are written


async def test_checkpoints_add_up(stores: Stores) -> None:
    sent = await stores.send()
    await stores.checkpoint(sent, "Hel", seq=1, offset=3)
    await stores.checkpoint(sent, "lo", HOSTILE, first=1, seq=4, offset=6)
    (stored,) = await stores.recent()

    assert stored.state.parts == [Part("1", "text", f"Hello{HOSTILE}")]
    assert (stored.state.run.attempt, stored.state.run.seq) == (1, 4)
    assert stored.position == Position(6, "e")
    assert await stores.conversations.run_state(stores.user, run_of(sent)) == stored.state


async def test_a_checkpoint_whose_commit_was_not_heard_of_may_come_again(stores: Stores) -> None:
    sent = await stores.send()
    await stores.checkpoint(sent, "Hel")
    await stores.checkpoint(sent, "Hel", "lo")

    assert (await stores.recent())[0].state.parts == [Part("1", "text", "Hello")]


async def test_parts_keep_their_order_and_kind(stores: Stores) -> None:
    sent = await stores.send()
    pieces = [Piece("1", "reasoning", "Hm"), Piece("2", "text", ""), Piece("2", "text", "Yes")]
    checkpoint = Checkpoint(run_of(sent), 1, 3, list(enumerate(pieces)), None)
    await stores.runs.checkpoint([checkpoint], [])
    (stored,) = await stores.recent()

    assert stored.state.parts == [Part("1", "reasoning", "Hm"), Part("2", "text", "Yes")]
    assert stored.position is None


async def test_many_runs_share_a_checkpoint(stores: Stores) -> None:
    sends = [await stores.send() for _ in range(3)]
    checkpoints = [
        Checkpoint(run_of(sent), 1, number, [(0, Piece("1", "text", str(number)))], None)
        for number, sent in enumerate(sends)
    ]
    await stores.runs.checkpoint(checkpoints, [])

    assert [(s.state.run.seq, s.state.parts[0].text) for s in await stores.recent()] == [
        (0, "0"),
        (1, "1"),
        (2, "2"),
    ]


async def test_who_has_lost_a_run_writes_nothing(stores: Stores) -> None:
    sent = await stores.send()
    await stores.checkpoint(sent, "Hel", attempt=2)
    await stores.checkpoint(sent, "Hel", attempt=0)
    assert (await stores.recent())[0].state.run.seq == 0
    assert await stores.pieces(sent) == 0

    await stores.finish(sent, "Hello")
    await stores.checkpoint(sent, "late", seq=99)
    assert await stores.pieces(sent) == 0
    assert (await stores.recent())[0].state.run.seq == 9


async def test_what_an_older_attempt_has_said_does_not_count(stores: Stores) -> None:
    sent = await stores.send()
    await stores.checkpoint(sent, "Hello")
    async with stores.database.write() as connection:
        taken = runs.update().where(runs.c.id == run_of(sent)).values(attempt=2, seq=0)
        await connection.execute(taken)
    assert (await stores.recent())[0].state.parts == []

    await stores.checkpoint(sent, "Hel", seq=1, attempt=2)
    assert (await stores.recent())[0].state.parts == [Part("1", "text", "Hel")]


async def test_an_end_beside_a_checkpoint_leaves_nothing_behind(stores: Stores) -> None:
    for _ in range(20):
        sent = await stores.send()
        await asyncio.gather(stores.checkpoint(sent, "Hel"), stores.finish(sent, "Hello"))
        assert await stores.pieces(sent) == 0
        state = await stores.conversations.run_state(stores.user, run_of(sent))
        assert (state.run.status, state.parts) == ("completed", [Part("1", "text", "Hello")])


# Ends


async def test_an_end_is_stored_whole(stores: Stores) -> None:
    sent = await stores.send()
    await stores.checkpoint(sent, "Hel")
    error = RunError("model_broken", f"A sentence. {HOSTILE}", 7.5)
    status = RunStatus(run_of(sent), 1, 12, "failed", "error", Usage(3, 5, estimated=True), error)
    parts = [Part("1", "reasoning", HOSTILE), Part("2", "text", "Hello")]
    await stores.runs.finish(
        Ending(status, 1, stores.user, sent.reply.id, parts, Publication(b'{"x":"\\u0000"}'))
    )
    (stored,) = await stores.recent()

    assert stored.state.run == status
    assert stored.state.parts == parts
    _, messages, _ = await stores.conversations.branch(stores.user, sent.conversation.id, limit=9)
    assert (messages[1].run, messages[1].parts) == (status, parts)
    assert await stores.pieces(sent) == 0
    assert await stores.left_behind() == []


async def test_a_run_ends_once(stores: Stores) -> None:
    sent = await stores.send()
    results = await asyncio.gather(
        *(stores.finish(sent, f"end {number}") for number in range(10)), return_exceptions=True
    )

    assert [type(result) for result in results].count(OwnershipLostError) == 9
    assert results.count(None) == 1


async def test_a_new_owner_ends_it_and_the_old_one_cannot(stores: Stores) -> None:
    sent = await stores.send()
    with pytest.raises(OwnershipLostError):
        await stores.finish(sent, "Hi", owner=2)
    await stores.finish(sent, "Hel", attempt=2, owner=1)
    with pytest.raises(OwnershipLostError):
        await stores.finish(sent, "Hello")
    state = await stores.conversations.run_state(stores.user, run_of(sent))

    assert (state.run.attempt, state.parts) == (2, [Part("1", "text", "Hel")])


async def test_an_end_of_a_run_that_is_gone_is_no_end(stores: Stores) -> None:
    sent = await stores.send()
    gone = replace(sent, reply=replace(sent.reply, run=RunStatus("gone", 1, 0, "running")))
    with pytest.raises(OwnershipLostError):
        await stores.finish(gone, "Hi")


async def test_an_end_is_owed_until_it_is_known_to_be_published(stores: Stores) -> None:
    sent = await stores.send()
    assert await stores.owed() == []
    stores.now += 100
    await stores.finish(sent, "Hi")

    (owed,) = await stores.owed()
    assert (owed.run, owed.publication.data) == (run_of(sent), b'{"end":1}')
    assert owed.publication.idempotency_key == f"{run_of(sent)}:1:9"
    assert await stores.owed(before=stores.now) == []
    assert await stores.owed(before=stores.now + 1) == [owed]

    await stores.runs.checkpoint([], [run_of(sent)])
    assert await stores.owed() == []


async def test_recent_runs_are_those_that_a_client_may_not_know_the_end_of(stores: Stores) -> None:
    running, owed, known = await stores.send(), await stores.talk(), await stores.talk()
    await stores.runs.checkpoint([], [run_of(known)])
    ended_at = stores.now

    recent = {stored.state.run.id for stored in await stores.recent(ended_at)}
    assert recent == {run_of(running), run_of(owed), run_of(known)}
    recent = {stored.state.run.id for stored in await stores.recent(ended_at + 1)}
    assert recent == {run_of(running), run_of(owed)}
    await stores.conversations.delete(stores.user, running.conversation.id)
    assert {s.state.run.id for s in await stores.recent(ended_at + 1)} == {run_of(owed)}


async def test_the_next_process_takes_the_runs_that_nobody_ended(stores: Stores) -> None:
    sent = await stores.send()
    await stores.talk()
    await stores.checkpoint(sent, "Hel")
    (taken,) = await stores.left_behind()

    assert (taken.user, taken.state.run.id) == (stores.user, run_of(sent))
    assert (taken.state.run.attempt, taken.state.run.seq) == (2, 0)
    assert taken.state.parts == [Part("1", "text", "Hel")]
    assert await stores.left_behind() == []


# What the model is told


async def test_the_prompt_is_the_branch_in_order(stores: Stores) -> None:
    first = await stores.talk("one!", text="one")
    conversation = first.conversation.id
    await stores.talk(
        "another branch", text="edit", conversation=conversation, parent=None, parent_given=True
    )
    second = await stores.send(
        text="two", conversation=conversation, parent=first.reply.id, parent_given=True
    )
    told = [PromptMessage("user", "one"), PromptMessage("assistant", "one!"), PromptMessage("user", "two")]

    assert await stores.runs.prompt(second.message.id, limit=100) == told
    assert await stores.runs.prompt(second.message.id, limit=2) == told[1:]
    assert await stores.runs.prompt("nobody's", limit=2) == []


async def test_what_was_not_said_is_not_told(stores: Stores) -> None:
    first = await stores.send(text="one")
    await stores.finish(first, "", failed(RunError("model_broken", "S.")))
    second = await stores.send(text="two", conversation=first.conversation.id)
    pieces = [(0, Piece("1", "reasoning", "Hm")), (1, Piece("2", "text", "Yes"))]
    await stores.runs.checkpoint([Checkpoint(run_of(second), 1, 1, pieces, None)], [])

    assert await stores.runs.prompt(second.reply.id, limit=100) == [
        PromptMessage("user", "one"),
        PromptMessage("user", "two"),
        PromptMessage("assistant", "Yes"),
    ]


# Conversations


async def test_pages_of_conversations_of_the_same_moment(stores: Stores) -> None:
    ids = [(await stores.send(limits=Limits(runs=99))).conversation.id for _ in range(7)]
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await stores.conversations.conversations(stores.user, limit=3, cursor=cursor)
        found += [conversation.id for conversation in page.conversations]
        cursor = page.next
        if cursor is None:
            break

    assert found == ids[::-1]


async def test_titles_and_deleting_change_once(stores: Stores) -> None:
    sent = await stores.send()
    name = sent.conversation.id
    renamed, changed = await stores.conversations.rename(stores.user, name, HOSTILE[1:])
    assert (renamed.title, changed) == (HOSTILE[1:], True)
    assert renamed.version == sent.conversation.version + 1
    assert await stores.conversations.rename(stores.user, name, HOSTILE[1:]) == (renamed, False)

    deleted, changed, stopping = await stores.conversations.delete(stores.user, name)
    assert (deleted.deleted, changed, stopping) == (True, True, [run_of(sent)])
    assert await stores.conversations.delete(stores.user, name) == (deleted, False, [])
    with pytest.raises(NotFoundError):
        await stores.conversations.rename(stores.user, name, "T")


async def test_siblings_at_the_root_and_below(stores: Stores) -> None:
    first = await stores.talk()
    name = first.conversation.id
    edit = await stores.talk(conversation=name, parent=None, parent_given=True)
    _, messages, _ = await stores.conversations.branch(stores.user, name, limit=9)

    assert [list(message.siblings) for message in messages] == [[first.message.id, edit.message.id], []]


# Transactions


async def test_what_fails_in_the_middle_leaves_nothing(stores: Stores) -> None:
    row = {"user_id": stores.user, "client_message_id": "m", "created_at": 1}

    async def insert_twice() -> None:
        async with stores.database.write() as connection:
            await connection.execute(requests.insert(), [row])
            await connection.execute(requests.insert(), [row])

    with pytest.raises(IntegrityError):
        await insert_twice()

    assert not (await stores.send(client_message_id="m")).duplicate


async def test_who_is_cancelled_in_a_transaction_holds_nobody_up(stores: Stores) -> None:
    inside = asyncio.Event()

    async def hold() -> None:
        async with stores.database.write() as connection:
            await connection.execute(
                requests.insert().values(user_id=stores.user, client_message_id="m", created_at=1)
            )
            inside.set()
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    await inside.wait()
    waiting = asyncio.create_task(stores.send(client_message_id="m"))
    await asyncio.sleep(0)
    assert not waiting.done()
    holding.cancel()

    assert not (await asyncio.wait_for(waiting, 5)).duplicate


async def test_two_processes_may_write_at_once(stores: Stores) -> None:
    url = stores.database._engine.url.render_as_string(hide_password=False)
    other = Stores(Database(url), stores.user)
    sends = await asyncio.gather(
        *(stores.send(client_message_id=f"a{number}", limits=Limits(runs=99)) for number in range(20)),
        *(other.send(client_message_id=f"b{number}", limits=Limits(runs=99)) for number in range(20)),
    )
    # Whoever reads first and then writes must not find that somebody wrote in between.
    names = [sent.conversation.id for sent in sends]
    await asyncio.gather(
        *(one.conversations.rename(one.user, name, name) for name in names for one in (stores, other))
    )
    await other.database.close()

    found = (await stores.conversations.conversations(stores.user, limit=99)).conversations
    assert len(found) == 40
    assert all(conversation.title == conversation.id for conversation in found)


async def test_readers_wait_for_no_writer(stores: Stores) -> None:
    sent = await stores.send()
    async with stores.database.write() as connection:
        await connection.execute(
            requests.insert().values(user_id=stores.user, client_message_id="m", created_at=1)
        )
        state = await asyncio.wait_for(stores.conversations.run_state(stores.user, run_of(sent)), 5)
        assert state.run.status == "running"
