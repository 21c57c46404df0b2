"""Stopping: at any moment, twice, early, late, and nobody else's."""

import asyncio
import time

import pytest

from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import Head, Stall, Text, Usage, answer

from .forms import form, reply_form
from .service import Service, run_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_stop_in_mid_stream_closes_the_connection_at_once_and_keeps_the_text(
    service: Service,
) -> None:
    sent = await service.send("tokens:100000 rate:200")
    run = run_of(sent)
    await service.centrifugo.until(lambda: len(text_of(service.centrifugo.client(run))) > 20)
    asked = time.monotonic()
    reply = await service.call("chat:stop", {"run": run})
    closed = await service.openai.until_closed(service.openai.requests[0])
    client = await service.centrifugo.ended(run)

    assert closed - asked < 1
    assert reply.keys() == {"run"}
    assert reply["run"].keys() >= {"id", "attempt", "seq", "status"}
    assert (client.status, client.outcome["finish_reason"]) == ("cancelled", "cancelled")
    # What it cost so far is estimated, as the upstream had no chance to tell.
    assert client.outcome["usage"]["estimated"] is True
    assert expected_text("tokens:100000 rate:200").startswith(text_of(client))
    (_, stored) = (await service.call("chat:conversation", {"conversation": sent["conversation"]["id"]}))[
        "messages"
    ]
    assert stored["parts"][0]["text"] == text_of(client)
    assert stored["run"]["status"] == "cancelled"


@pytest.mark.parametrize("script", [[Stall()], [Head(), Stall()]], ids=["before the head", "before a word"])
async def test_a_stop_before_the_first_token(service: Service, script: list[Head | Stall]) -> None:
    service.openai.scripts.append(script)
    sent = await service.send()
    await service.openai.until(lambda: bool(service.openai.requests))
    await service.call("chat:stop", {"client_message_id": sent["message"]["client_message_id"]})
    client = await service.centrifugo.ended(run_of(sent))

    assert (client.status, text_of(client)) == ("cancelled", "")
    await service.openai.until_closed(service.openai.requests[0])


async def test_a_second_stop_and_one_after_the_end_are_fine(service: Service) -> None:
    service.openai.scripts.append([Text("Hel"), Stall()])
    sent = await service.send()
    replies = await asyncio.gather(*(service.call("chat:stop", {"run": run_of(sent)}) for _ in range(5)))
    await service.centrifugo.ended(run_of(sent))
    late = await service.call("chat:stop", {"run": run_of(sent)})

    assert {reply["run"]["id"] for reply in [*replies, late]} == {run_of(sent)}
    assert late["run"]["status"] == "cancelled"
    ends = [e for e in service.centrifugo.run_events(run_of(sent)) if e["chunks"][-1]["type"] == "run-end"]
    assert len(ends) == 1


async def test_a_stop_after_a_regular_end_changes_nothing(service: Service) -> None:
    service.openai.scripts.append([Text("Hi"), *answer("!")[1:-2], Usage(3, 5), answer()[-1]])
    sent, client = await service.talk()
    by_run = await service.call("chat:stop", {"run": run_of(sent)})
    by_message = await service.call("chat:stop", {"client_message_id": sent["message"]["client_message_id"]})

    assert client.status == "completed"
    assert by_run == by_message
    assert by_run["run"]["status"] == "completed"
    assert by_run["run"]["usage"] == {"input_tokens": 3, "output_tokens": 5}


async def test_a_failed_runs_status_has_the_form_of_the_contract(service: Service) -> None:
    sent, _ = await service.talk("fail:429")
    reply = await service.call("chat:stop", {"run": run_of(sent)})

    example = reply_form("chat:stop")
    assert isinstance(example, dict)
    example["run"]["error"].pop("retry_after")
    example["run"].pop("usage")
    assert form(reply) == example


async def test_a_stop_that_overtakes_its_send_is_remembered(service: Service) -> None:
    early = await service.call("chat:stop", {"client_message_id": "early"})
    assert early == {"run": None}

    sent, client = await service.talk("tokens:5", client_message_id="early")
    assert (sent["duplicate"], client.status, text_of(client)) == (False, "cancelled", "")
    assert "usage" not in client.outcome
    assert service.openai.requests == []
    # The prompt is kept; what comes next is answered.
    await service.talk("tokens:1", conversation=sent["conversation"]["id"])
    assert len(service.openai.requests) == 1


async def test_a_stop_that_overtakes_means_one_user_and_one_message(service: Service) -> None:
    await service.call("chat:stop", {"client_message_id": "early"}, user="another")
    _, client = await service.talk("tokens:1", client_message_id="early")
    assert client.status == "completed"

    await service.call("chat:stop", {"client_message_id": "earlier"})
    _, client = await service.talk("tokens:1", client_message_id="other")
    assert client.status == "completed"


async def test_nobody_stops_somebody_elses_run(service: Service) -> None:
    service.openai.scripts.append([Text("Hel"), Stall()])
    sent = await service.send()
    error = await service.refused("chat:stop", {"run": run_of(sent)}, user="mallory")
    nothing = await service.call(
        "chat:stop", {"client_message_id": sent["message"]["client_message_id"]}, user="mallory"
    )

    assert error["code"] == 1404
    assert nothing == {"run": None}
    state = await service.call("chat:run", {"run": run_of(sent)})
    assert state["run"]["status"] == "running"
    await service.call("chat:stop", {"run": run_of(sent)})
