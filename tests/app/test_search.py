"""Searching as a client does."""

import pytest

from tests.fakes.openai_steps import Reasoning, Stall, Text, answer

from .forms import EXAMPLES, form
from .service import Service, run_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_is_found_says_where(service: Service) -> None:
    service.openai.scripts += [answer("Beavers build dams."), answer("ok")]
    sent, _ = await service.talk("Who builds?")
    await service.talk("Something else")
    found = await service.call("chat:conversations", {"query": "BUILD DAM"})
    title = await service.call("chat:conversations", {"query": "who"})
    nothing = await service.call("chat:conversations", {"query": "?"})

    conversation = sent["conversation"]["id"]
    assert [each["id"] for each in found["conversations"]] == [conversation]
    assert found["matches"] == {
        conversation: {"message": sent["reply"]["id"], "snippet": "Beavers build dams."}
    }
    example = EXAMPLES["replies"]["chat:conversations with a query"]
    assert set(found) == set(example)
    assert form(list(found["matches"].values())) == form(list(example["matches"].values()))
    assert title["matches"][conversation]["message"] == sent["message"]["id"]
    assert nothing == {"conversations": [], "next": None, "matches": {}}
    # Without a query nothing is said of matches.
    assert "matches" not in await service.call("chat:conversations", {"query": ""})
    assert "matches" not in await service.call("chat:conversations")


async def test_reasoning_and_what_is_being_written_are_not_found(service: Service) -> None:
    service.openai.scripts += [[Reasoning("secretly"), Text("openly"), Stall()]]
    sent = await service.send("Hi")
    await service.centrifugo.until(lambda: len(service.centrifugo.client(run_of(sent)).parts) == 2)
    queries = ("openly", "secretly")
    before = [(await service.call("chat:conversations", {"query": q}))["conversations"] for q in queries]
    await service.call("chat:stop", {"run": run_of(sent)})
    await service.centrifugo.ended(run_of(sent))
    after = [len((await service.call("chat:conversations", {"query": q}))["conversations"]) for q in queries]

    assert before == [[], []]
    assert after == [1, 0]


async def test_pages_of_what_is_found_have_their_own_matches(service: Service) -> None:
    ids = []
    for number in range(5):
        service.openai.scripts.append(answer(f"needle {number}"))
        ids.append((await service.talk("Hi"))[0]["conversation"]["id"])
    seen, cursor = [], None
    while True:
        page = await service.call("chat:conversations", {"query": "needle", "limit": 2, "cursor": cursor})
        seen += [each["id"] for each in page["conversations"]]
        assert set(page["matches"]) == {each["id"] for each in page["conversations"]}
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == ids[::-1]
