"""Siblings, branches and deletions on both kinds of database, with two replicas at once."""

import asyncio
from dataclasses import replace

import pytest

from proxy_app.core.objects import RunStatus
from proxy_app.core.quotas import Limits
from proxy_app.errors import BusyError, IdempotencyConflictError, NotFoundError
from proxy_app.ports import Ending, Sent
from tests.app.commands import answer_of

from .test_replicas import ODD, command, ending, open_replicas, run_of, said, until_taken

USER = "user"


def cancelled(sent: Sent, text: str) -> Ending:
    """Return the end of a run that was stopped after it had said ``text``."""
    status = RunStatus(run_of(sent), 1, 2, "cancelled", "cancelled")
    return replace(ending(sent, text), run=status)


async def test_an_answer_that_goes_on_keeps_its_text_through_a_takeover(database_url: str) -> None:
    async with open_replicas(database_url, 0, 60) as (a, b):
        sent = await a.conversations.send(command())
        await a.runs.finish(cancelled(sent, ODD))
        more = await a.conversations.answer(answer_of(sent, USER, goes_on=True))

        assert [part.text for part in more.reply.parts] == [ODD]
        stored = await b.conversations.run_state(USER, run_of(more))
        assert (stored.run.attempt, stored.run.seq) == (1, 0)
        assert [part.text for part in stored.parts] == [ODD]
        # Its owner dies before it has published anything.
        (taken,) = await until_taken(b)
        assert taken.state.run.attempt == 2
        assert [part.text for part in taken.state.parts] == [ODD]
        assert (taken.pieces, taken.takeover.fruitless, taken.prompt) == (1, 1, sent.message.id)
        await b.runs.checkpoint([said(more, " more", attempt=2, number=1)], ())
        _, shown, _ = await a.conversations.branch(USER, sent.conversation.id, limit=10)
        assert [part.text for part in shown[-1].parts] == [ODD + " more"]
        assert shown[-1].siblings == [sent.reply.id, more.reply.id]
        first = await a.conversations.run_state(USER, run_of(sent))
        assert [part.text for part in first.parts] == [ODD]


async def test_the_same_wish_at_two_replicas_is_one(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as (a, b):
        sent = await a.conversations.send(command())
        await a.runs.finish(cancelled(sent, "Hi"))
        wish = answer_of(sent, USER, goes_on=True)
        both = await asyncio.gather(*(each.conversations.answer(wish) for each in (a, b) * 5))

        assert sorted(each.duplicate for each in both) == [False, *[True] * 9]
        assert len({each.reply.id for each in both}) == 1
        assert all([part.text for part in each.reply.parts] == ["Hi"] for each in both)
        with pytest.raises(IdempotencyConflictError):
            await b.conversations.answer(replace(wish, fingerprint="another"))
        with pytest.raises(IdempotencyConflictError):
            await b.conversations.answer(answer_of(sent, USER, client_message_id="m", fingerprint="another"))


async def test_one_of_two_wishes_at_once_has_the_conversation(database_url: str) -> None:
    async with open_replicas(database_url, 60, 60) as (a, b):
        sent = await a.conversations.send(command())
        await a.runs.finish(ending(sent, "Hi"))
        outcomes = await asyncio.gather(
            a.conversations.answer(answer_of(sent, USER, client_message_id="one")),
            b.conversations.answer(answer_of(sent, USER, client_message_id="two")),
            b.conversations.send(command("three", conversation=sent.conversation.id)),
            return_exceptions=True,
        )

        assert sorted(type(each).__name__ for each in outcomes) == ["BusyError", "BusyError", "Sent"]
        assert any(isinstance(each, BusyError) for each in outcomes)


async def test_a_branch_is_shown_down_to_its_newest_leaf(database_url: str) -> None:
    async with open_replicas(database_url, 60) as (a,):
        store = a.conversations
        first = await store.send(command("1"))
        conversation = first.conversation.id
        second = await store.send(command("2", conversation=conversation, stop_running=True))
        edit = await store.send(
            command(
                "3",
                conversation=conversation,
                stop_running=True,
                parent=second.message.parent,
                parent_given=True,
            )
        )
        root = await store.send(
            command("4", conversation=conversation, stop_running=True, parent=None, parent_given=True)
        )

        shown, changed = await store.select(USER, conversation, first.message.id)
        assert (shown.head, changed, shown.version) == (
            edit.reply.id,
            True,
            root.conversation.version + 1,
        )
        assert await store.select(USER, conversation, edit.message.id) == (shown, False)
        for through, leaf in [(second.message, second.reply), (root.reply, root.reply)]:
            shown, changed = await store.select(USER, conversation, through.id)
            assert (shown.head, changed) == (leaf.id, True)
        other = await store.send(command("5"))
        for user, where, message in [
            ("another", conversation, first.message.id),
            (USER, conversation, other.message.id),
            (USER, other.conversation.id, first.message.id),
        ]:
            with pytest.raises(NotFoundError):
                await store.select(user, where, message)


async def test_a_deletion_is_taken_back_with_all_that_was_there(database_url: str) -> None:
    async with open_replicas(database_url, 60) as (a,):
        store = a.conversations
        sent = await store.send(command())
        await a.runs.finish(ending(sent, ODD))
        conversation = sent.conversation.id
        before, messages, _ = await store.branch(USER, conversation, limit=10)
        await store.delete(USER, conversation)
        with pytest.raises(NotFoundError):
            await store.restore("another", conversation, Limits())

        restored, changed = await store.restore(USER, conversation, Limits(storage=10_000, conversations=1))
        assert (restored, changed) == (replace(before, version=before.version + 2), True)
        assert await store.restore(USER, conversation, Limits()) == (restored, False)
        assert (await store.branch(USER, conversation, limit=10))[:2] == (restored, messages)
