"""Answers from the first word to the end, with everything around them failing."""

import asyncio
from typing import Any

import pytest

from tests.fakes.centrifugo_api import Cut, Hold, Refuse, Status
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import (
    DONE,
    Abort,
    Event,
    Finish,
    Raw,
    Reasoning,
    Reply,
    Script,
    Text,
    Wait,
    answer,
)
from tests.fakes.openai_steps import Cut as CutStream

from .service import MODEL_KEY, SECRET, Service, run_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


def failure(status: int, code: str | None = None, **headers: str) -> list[Reply]:
    error = {"message": "boom of /some/path", "code": code, "type": None, "param": None}
    return [Reply(status, {"error": error}, {"Retry-After": headers["after"]} if headers else {})]


FAILURES: dict[str, tuple[Script, str, str]] = {
    "a wrong key": (failure(401), "model_auth", ""),
    "a forbidden key": (failure(403), "model_auth", ""),
    "an unknown model": (failure(404, "model_not_found"), "model_not_found", ""),
    "asked too often": (failure(429), "model_rate_limited", ""),
    "a quota used up": (failure(429, "insufficient_quota"), "quota_exceeded", ""),
    "trouble": (failure(500), "model_overloaded", ""),
    "overload": (failure(503), "model_overloaded", ""),
    "too long": (failure(400, "context_length_exceeded"), "context_too_long", ""),
    "a refusal": ([Finish("content_filter"), DONE], "model_refused", ""),
    "a reset in mid-stream": ([Text("Hel"), Abort()], "model_broken", "Hel"),
    "a cut in mid-stream": ([Text("Hel"), CutStream()], "model_broken", "Hel"),
    "no end": ([Text("Hel")], "model_broken", "Hel"),
    "garbage": ([Text("Hel"), Raw(b"data: \xff\xfe{\n\n")], "model_broken", "Hel"),
    "an error in mid-stream": ([Text("Hel"), Event({"error": {"message": "x"}})], "model_broken", "Hel"),
}


@pytest.mark.parametrize(("script", "code", "text"), FAILURES.values(), ids=FAILURES)
async def test_every_failure_of_the_model_ends_the_run_with_its_code(
    service: Service, script: Script, code: str, text: str
) -> None:
    service.openai.scripts.append(script)
    sent, client = await service.talk()

    error = client.outcome["error"]
    assert (client.status, error["code"]) == ("failed", code)
    assert client.outcome["finish_reason"] == ("content-filter" if code == "model_refused" else "error")
    assert error["message"].endswith(".")
    assert text_of(client) == text
    # Details are for the log; the user gets a sentence.
    told = str(service.centrifugo.published)
    assert not any(secret in told for secret in ("/some/path", MODEL_KEY, SECRET, service.openai.url))
    stored = await service.call("chat:run", {"run": run_of(sent)})
    assert stored["run"]["error"] == error
    # A conversation goes on after a failure.
    await service.talk("tokens:1", conversation=sent["conversation"]["id"])


async def test_when_to_come_back_is_told(service: Service) -> None:
    service.openai.scripts.append(failure(429, after="7"))
    _, client = await service.talk()

    assert client.outcome["error"]["retry_after"] == 7


ENDS: dict[str, tuple[Script, str, str, str]] = {
    "a regular end": (answer("Hi"), "completed", "stop", "Hi"),
    "an empty answer": (answer(), "completed", "stop", ""),
    "a limit of tokens": (answer("Hi", reason="length"), "incomplete", "length", "Hi"),
    "a filter within": (answer("Hi", reason="content_filter"), "incomplete", "content-filter", "Hi"),
}


@pytest.mark.parametrize(("script", "status", "reason", "text"), ENDS.values(), ids=ENDS)
async def test_ends(service: Service, script: Script, status: str, reason: str, text: str) -> None:
    service.openai.scripts.append(script)
    _, client = await service.talk()

    assert (client.status, client.outcome["finish_reason"], text_of(client)) == (status, reason, text)
    assert "error" not in client.outcome
    assert client.outcome["usage"] == {"input_tokens": 7, "output_tokens": 11}


async def test_usage_is_estimated_where_it_is_not_told(service: Service) -> None:
    service.openai.scripts.append([Text("x" * 9), Finish(), DONE])
    _, client = await service.talk("y" * 8)

    assert client.outcome["usage"] == {"input_tokens": 2, "output_tokens": 3, "estimated": True}


async def test_reasoning_is_a_part_of_its_own_and_not_told_to_the_model_again(service: Service) -> None:
    service.openai.scripts += [[Reasoning("Hm"), Reasoning("."), *answer("Yes")], answer("ok")]
    sent, client = await service.talk("one")
    assert [(part.type, part.text) for part in client.parts.values()] == [
        ("reasoning", "Hm."),
        ("text", "Yes"),
    ]

    await service.talk("two", conversation=sent["conversation"]["id"])
    told = [message["content"] for message in service.openai.requests[-1].body["messages"]]
    assert told == ["one", "Yes", "two"]


async def test_an_answer_that_failed_before_a_word_is_not_told_to_the_model(service: Service) -> None:
    service.openai.scripts += [failure(500), answer("ok")]
    sent, _ = await service.talk("one")
    await service.talk("two", conversation=sent["conversation"]["id"])

    told = [message["content"] for message in service.openai.requests[-1].body["messages"]]
    assert told == ["one", "two"]


async def test_the_first_word_is_published_at_once(service: Service) -> None:
    go_on = asyncio.Event()
    service.openai.scripts.append([Text("Hel"), Wait(go_on), *answer("lo")])
    sent = await service.send()
    await service.centrifugo.arrived(run_of(sent), 1)
    (first,) = service.centrifugo.run_events(run_of(sent))
    go_on.set()
    client = await service.centrifugo.ended(run_of(sent))

    assert [chunk["type"] for chunk in first["chunks"]] == ["start", "text-start", "text-delta"]
    assert text_of(client) == "Hello"


async def test_what_becomes_ready_during_a_call_shares_the_next(service: Service) -> None:
    under_way = asyncio.Event()
    service.centrifugo.faults["publish"].append(Hold(under_way))
    runs = [run_of(await service.send(f"tokens:20 {number}")) for number in range(20)]
    for run in runs:
        await service.until_stored(run, "completed")
    under_way.set()
    for run in runs:
        client = await service.centrifugo.ended(run)
        assert (client.status, client.mismatched) == ("completed", False)

    calls = [call for call in service.centrifugo.calls if call.publications]
    assert sum(len(call.publications) for call in calls) >= 20 * 4
    assert len(calls) <= 6
    assert all((call.method == "batch") == (len(call.publications) > 1) for call in calls)
    for call in calls:
        if call.request.get("parallel"):
            # Nothing in such a call may need an order.
            told = [publication["data"]["run"] for publication in call.publications]
            assert len(set(told)) == len(told)
            assert all("idempotency_key" in publication for publication in call.publications)


OUTAGES: dict[str, list[Any]] = {
    "errors": [Status(500)] * 4,
    "cuts before": [Cut(applied=False)] * 3,
    "cuts after": [Cut(applied=True)] * 3,
    "a mixture": [Status(503), Cut(applied=True), Cut(applied=False), Status(200, b"<html>")],
    "refusals": [Refuse(lambda data: data["type"] == "run")] * 3,
    "refused announcements": [Refuse(lambda data: data["type"] != "run")] * 2,
}


@pytest.mark.parametrize("faults", OUTAGES.values(), ids=OUTAGES)
async def test_whatever_centrifugo_does_every_word_arrives_once(service: Service, faults: list[Any]) -> None:
    service.centrifugo.faults["publish"].extend(faults)
    prompt = "tokens:100 rate:1000"
    sent, client = await service.talk(prompt)
    await service.centrifugo.until(lambda: len(service.centrifugo.events("message")) >= 2)

    assert not service.centrifugo.faults["publish"]
    assert (client.status, client.mismatched) == ("completed", False)
    assert text_of(client) == expected_text(prompt)
    seqs = [event["seq"] for event in service.centrifugo.run_events(run_of(sent))]
    assert seqs == list(range(1, client.seq + 1))


async def test_a_call_that_hangs_holds_up_publications_and_not_the_reader(service: Service) -> None:
    hang = asyncio.Event()
    service.centrifugo.faults["publish"].append(Hold(hang))
    sent = await service.send("tokens:200")
    await service.openai.until(lambda: bool(service.openai.requests) and service.openai.requests[0].finished)
    assert service.centrifugo.published == []
    state = await service.until_stored(run_of(sent), "completed")
    assert state["parts"][0]["text"] == expected_text("tokens:200")

    hang.set()
    client = await service.centrifugo.ended(run_of(sent))
    assert text_of(client) == expected_text("tokens:200")


async def test_centrifugo_restarts_in_mid_answer(service: Service) -> None:
    go_on = asyncio.Event()
    service.openai.scripts.append([Text("Hel"), Wait(go_on), Text("lo"), *answer("!")])
    sent = await service.send()
    await service.centrifugo.arrived(run_of(sent), 1)
    service.centrifugo.away = Status(502)
    go_on.set()
    await service.openai.until(lambda: service.openai.requests[0].finished)
    service.centrifugo.restart()
    service.centrifugo.away = None
    client = await service.centrifugo.ended(run_of(sent))

    assert text_of(client) == "Hello!"


async def test_how_long_the_model_reasoned_is_told_and_kept(service: Service) -> None:
    go_on = asyncio.Event()
    service.openai.scripts.append([Reasoning("Hm."), Wait(go_on), Text("Yes."), Reasoning("So."), Finish()])
    sent = await service.send()
    await service.centrifugo.until(lambda: bool(service.centrifugo.client(run_of(sent)).parts))
    await asyncio.sleep(0.1)  # What is measured is time.
    go_on.set()
    await service.centrifugo.ended(run_of(sent))
    service.openai.scripts += [answer("No."), [Reasoning("Hm."), Finish()]]
    plain, _ = await service.talk()
    silent, _ = await service.talk()

    (_, kept) = (await service.call("chat:conversation", {"conversation": sent["conversation"]["id"]}))[
        "messages"
    ]
    took = kept["metadata"]["reasoning_ms"]
    assert 100 <= took < 5_000
    told = {"type": "message-metadata", "messageMetadata": {"reasoning_ms": took}}
    publications = [event["chunks"] for event in service.centrifugo.run_events(run_of(sent))]
    (first_text,) = [chunks for chunks in publications if "Yes." in (chunk.get("delta") for chunk in chunks)]
    assert told in first_text
    assert publications[-1][-2] == told
    assert sum(chunks.count(told) for chunks in publications) <= 2
    messages = [
        (await service.call("chat:conversation", {"conversation": each["conversation"]["id"]}))["messages"][1]
        for each in (plain, silent)
    ]
    assert "metadata" not in messages[0]
    assert messages[1]["metadata"]["reasoning_ms"] >= 0
