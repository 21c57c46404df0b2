"""State, then stream: a position that can be replayed from, and all that what follows builds on."""

import asyncio
from typing import Any

import pytest

from proxy_app.adapters.store.conversations import SqlConversationStore
from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.leases import Owner
from proxy_app.adapters.store.runs import SqlRunStore
from proxy_app.adapters.store.schema import conversations
from proxy_app.core.content import Piece
from proxy_app.core.positions import Position
from proxy_app.core.reducer import Run, apply_event, apply_snapshot
from proxy_app.ports import Checkpoint
from tests.fakes.centrifugo_api import Cut, Status
from tests.fakes.openai_steps import Reasoning, Stall, Step, Text, Wait, answer

from .commands import command_of
from .forms import form, reply_form
from .service import Service, run_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def streaming(service: Service, *texts: str) -> dict[str, Any]:
    """Send a prompt, and wait until its answer has said this and goes on no further."""
    service.openai.scripts.append([*map(Text, texts), Stall()])
    sent = await service.send()
    said = "".join(texts)
    await service.centrifugo.until(lambda: text_of(service.centrifugo.client(run_of(sent))) == said)
    return sent


async def test_nothing_yet(service: Service) -> None:
    reply = await service.call("chat:sync")

    assert reply.keys() == {"position", "conversations", "next", "runs"}
    assert reply["position"].keys() == {"offset", "epoch"}
    assert reply["position"]["offset"] == 0
    assert reply["position"]["epoch"] != ""
    assert (reply["conversations"], reply["next"], reply["runs"]) == ([], None, [])


async def test_a_run_that_is_going_is_told_up_to_the_position_at_least(service: Service) -> None:
    sent = await streaming(service, "Hel", "lo")
    reply = await service.call("chat:sync")

    assert form(reply) == reply_form("chat:sync")
    (state,) = reply["runs"]
    assert state["conversation"] == sent["conversation"]["id"]
    assert state["message"] == sent["reply"]["id"]
    assert state["run"]["status"] == "running"
    assert [part["text"] for part in state["parts"]] == ["Hello"]
    # Everything that was published is in it, so nothing has to be replayed.
    assert reply["position"]["offset"] == len(service.centrifugo.published)
    assert reply["conversations"] == [sent["conversation"]]
    await service.call("chat:stop", {"run": run_of(sent)})


async def test_the_snapshot_and_what_follows_make_the_whole(service: Service) -> None:
    said: list[Step] = [Text("Grüße 🙂"), Reasoning("Hm."), Text("世界"), Text("!")]
    gates = [asyncio.Event() for _ in said]
    waits: list[Step] = [Wait(gate) for gate in gates]
    gated = [step for pair in zip(waits, said, strict=True) for step in pair]
    service.openai.scripts.append([*gated, *answer()])
    run, joined = run_of(await service.send()), []
    for count, gate in enumerate(gates, 1):
        joined.append(await service.call("chat:sync"))
        gate.set()
        await service.centrifugo.arrived(run, count)
    whole = await service.centrifugo.ended(run)

    for reply in joined:
        client = Run()
        for state in reply["runs"]:
            apply_snapshot(client, state)
            assert state["run"]["status"] == "running"
        for _, data in service.centrifugo.published[reply["position"]["offset"] :]:
            if data["type"] == "run":
                assert apply_event(client, data) in ("applied", "dropped")
        assert (client.status, client.mismatched) == ("completed", False)
        assert text_of(client) == text_of(whole) == "Grüße 🙂世界!"


async def test_a_run_that_has_just_ended_is_told_with_its_end(service: Service) -> None:
    sent, client = await service.talk("tokens:5")
    (state,) = (await service.call("chat:sync"))["runs"]

    told = Run()
    assert apply_snapshot(told, state) == "applied"
    assert (told.status, text_of(told)) == ("completed", text_of(client))
    assert state["run"]["id"] == run_of(sent)


async def test_the_conversation_that_is_open_comes_along(service: Service) -> None:
    sent, _ = await service.talk("tokens:1")
    conversation = sent["conversation"]["id"]
    reply = await service.call("chat:sync", {"conversation": conversation})

    assert reply["conversation"] == await service.call("chat:conversation", {"conversation": conversation})
    assert len(reply["conversation"]["messages"]) == 2


async def test_an_answer_that_is_written_is_told_as_far_as_it_is(service: Service) -> None:
    sent = await streaming(service, "Hel")
    reply = await service.call("chat:conversation", {"conversation": sent["conversation"]["id"]})
    state = await service.call("chat:run", {"run": run_of(sent)})

    message = reply["messages"][1]
    assert message["parts"] == state["parts"] == [{"id": "1", "type": "text", "text": "Hel"}]
    assert message["run"] == state["run"]
    assert form(state) == reply_form("chat:run")
    await service.call("chat:stop", {"run": run_of(sent)})


async def test_the_list_is_paged(service: Service) -> None:
    for _ in range(3):
        await service.send("tokens:1")
    reply = await service.call("chat:sync", {"limit": 2})

    assert len(reply["conversations"]) == 2
    rest = await service.call("chat:conversations", {"cursor": reply["next"]})
    assert len(rest["conversations"]) == 1


async def test_a_mismatch_that_a_client_reports_is_logged_and_answered(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    sent, client = await service.talk("tokens:2")
    state = await service.call("chat:run", {"run": run_of(sent), "mismatch": True})

    assert state["parts"][0]["text"] == text_of(client)
    assert run_of(sent) in caplog.text


@pytest.mark.parametrize("fault", [Status(500), Cut(applied=False), Status(200, b'{"error":{"code":100}}')])
async def test_without_centrifugo_there_is_no_position(service: Service, fault: Status | Cut) -> None:
    service.centrifugo.faults["history"].append(fault)
    error = await service.refused("chat:sync")

    assert (error["code"], error["temporary"]) == (1503, True)
    assert (await service.call("chat:sync"))["runs"] == []


def fill(service: Service, count: int) -> None:
    """Publish something else on the caller's channel."""
    command = {"publish": {"channel": service.channel, "data": {"type": "conversation"}}}
    service.centrifugo.answer("batch", {"commands": [command] * count})


async def test_the_position_can_be_replayed_from_whatever_became_of_history(service: Service) -> None:
    sent = await streaming(service, "Hel")
    fill(service, 1500)
    full = await service.call("chat:sync")
    assert full["position"]["offset"] == len(service.centrifugo.published)

    service.centrifugo.expire(service.channel)
    assert await service.call("chat:sync") == full

    service.centrifugo.restart()
    restarted = await service.call("chat:sync")
    assert restarted["position"]["offset"] == 0
    assert restarted["position"]["epoch"] != full["position"]["epoch"]
    assert restarted["runs"] == full["runs"]
    await service.call("chat:stop", {"run": run_of(sent)})


async def test_a_run_of_another_process_has_a_place_from_its_beginning(service: Service) -> None:
    """What was published before the send is in what is read, and is replayed to nobody."""
    fill(service, 1500)
    epoch = (await service.call("chat:sync"))["position"]["epoch"]
    database = Database(f"sqlite+aiosqlite:///{service.database}")
    try:
        store = SqlConversationStore(database, Owner("elsewhere", "x", lease=10), lambda: 1)
        sent = await store.send(command_of(service.user, position=Position(1400, epoch)))
        assert sent.reply.run is not None
        assert (await service.call("chat:sync"))["position"] == {"offset": 1400, "epoch": epoch}

        # A checkpoint by a process that does not know any more where its channel is takes nothing back.
        checkpoint = Checkpoint(sent.reply.run.id, 1, 5, [(0, Piece("1", "text", "Hel"))], None)
        await SqlRunStore(database, lambda: 1).checkpoint([checkpoint], [])
        assert (await service.call("chat:sync"))["position"] == {"offset": 1400, "epoch": epoch}
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("stored", "told"),
    [(None, 500), (1200, 1200), (1500, 1500), (500, 500), (499, 500), (3, 500), (1501, 1500), ("old", 500)],
)
async def test_a_position_of_another_process_is_clamped_to_what_history_holds(
    service: Service, stored: int | str | None, told: int
) -> None:
    """What we hold of somebody else's run is as old as its checkpoint; from there on it is replayed."""
    fill(service, 1500)
    epoch = (await service.call("chat:sync"))["position"]["epoch"]
    position = None
    if stored is not None:
        position = Position(7, "another") if stored == "old" else Position(int(stored), epoch)
    database = Database(f"sqlite+aiosqlite:///{service.database}")
    try:
        owner = Owner("elsewhere", "x", lease=10)
        sent = await SqlConversationStore(database, owner, lambda: 1).send(command_of(service.user))
        assert sent.reply.run is not None
        pieces = [(0, Piece("1", "text", "Hel"))]
        checkpoint = Checkpoint(sent.reply.run.id, 1, 5, pieces, position)
        await SqlRunStore(database, lambda: 1).checkpoint([checkpoint], [])
        reply = await service.call("chat:sync")

        assert reply["position"] == {"offset": told, "epoch": epoch}
        (state,) = reply["runs"]
        assert (state["run"]["attempt"], state["run"]["seq"]) == (1, 5)
        assert state["parts"][0]["text"] == "Hel"
    finally:
        await database.close()


async def test_runs_that_are_too_large_are_named(service: Service) -> None:
    huge = "x" * 300_000
    sends = [await streaming(service, huge) for _ in range(3)]
    raw = await service.post("/centrifugo/rpc", {"user": service.user, "method": "chat:sync"})
    states = raw.json["result"]["data"]["runs"]

    assert len(raw.body) < 512 * 1024
    assert [state["run"]["id"] for state in states] == [run_of(sent) for sent in sends]
    assert [bool(state.get("truncated")) for state in states] == [True, True, False]
    assert states[2]["parts"][0]["text"] == huge
    for state in states[:2]:
        # It says nothing that is not so, and a client that goes on from there asks.
        assert (state["run"]["seq"], state["parts"], state["run"]["status"]) == (0, [], "running")
        client = Run()
        apply_snapshot(client, state)
        assert apply_event(client, service.centrifugo.run_events(state["run"]["id"])[-1]) == "gap"
        whole = await service.call("chat:run", {"run": state["run"]["id"]})
        assert whole["parts"][0]["text"] == huge
    for sent in sends:
        await service.call("chat:stop", {"run": run_of(sent)})


async def test_a_reply_stays_below_its_size_whatever_there_is(service: Service) -> None:
    """A branch that fills a reply beside the longest titles that there may be."""
    service.openai.scripts += [answer("世" * 30_000)] * 6
    sent, _ = await service.talk("first")
    conversation = sent["conversation"]["id"]
    for _ in range(5):
        await service.talk("more", conversation=conversation)
    row = {"user_id": service.user, "title": "世" * 200, "version": 1, "created_at": 1, "updated_at": 1}
    database = Database(f"sqlite+aiosqlite:///{service.database}")
    async with database.write() as connection:
        rows = [row | {"id": f"{service.user}-{number}"} for number in range(99)]
        await connection.execute(conversations.insert(), rows)
    await database.close()
    data = {"conversation": conversation, "limit": 100}
    raw = await service.post("/centrifugo/rpc", {"user": service.user, "method": "chat:sync", "data": data})

    reply = raw.json["result"]["data"]
    assert len(raw.body) < 512 * 1024
    assert len(reply["conversations"]) == 100
    # What did not fit is on the next page, and nothing is missing between them.
    page = reply["conversation"]
    assert 0 < len(page["messages"]) < 12
    rest = await service.call("chat:conversation", {"conversation": conversation, "before": page["next"]})
    assert len(page["messages"]) + len(rest["messages"]) == 12
