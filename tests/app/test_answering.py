"""Having a prompt answered once more: siblings, once per id, and text that goes on where it broke off."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from proxy_app.runs.writer import GO_ON
from tests.fakes.openai_server import expected_text
from tests.fakes.openai_steps import Abort, Finish, Reasoning, Reply, Script, Stall, Text, answer

from .forms import form, reply_form
from .service import Service, open_alone, run_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]


async def again(service: Service, method: str, sent: Json, name: str = "again", **fields: object) -> Json:
    """Have the answer of ``sent`` written once more."""
    data = {"client_message_id": name, "message": sent["reply"]["id"], **fields}
    return await service.call(f"chat:{method}", data)


async def stopped(service: Service, *steps: Any, text: str = "Hello!", **fields: Any) -> Json:
    """Send a prompt, and stop the answer when it has said all steps."""
    service.openai.scripts.append([*steps, Stall()])
    sent = await service.send(text, **fields)
    said = "".join(step.text for step in steps)
    await service.centrifugo.until(
        lambda: (
            "".join(p.text for p in service.centrifugo.client(run_of(sent)).parts.values()) == said
            and len(service.openai.requests) > 0
        )
    )
    await service.call("chat:stop", {"run": run_of(sent)})
    await service.centrifugo.ended(run_of(sent))
    return sent


async def messages_of(service: Service, sent: Json) -> list[Json]:
    """Return the branch that is shown."""
    page = await service.call("chat:conversation", {"conversation": sent["conversation"]["id"]})
    messages: list[Json] = page["messages"]
    return messages


async def test_a_new_answer_is_a_sibling_of_the_old_one(service: Service) -> None:
    service.openai.scripts += [answer("one"), answer("two"), answer("three")]
    sent, _ = await service.talk("Hi")
    service.centrifugo.published.clear()
    second = await again(service, "regenerate", sent)
    run = await service.centrifugo.ended(run_of(second))
    third = await again(service, "regenerate", second, "once-more")
    await service.centrifugo.ended(run_of(third))

    assert form(second) == reply_form("chat:regenerate")
    assert second["duplicate"] is False
    assert second["message"] == sent["message"]
    assert second["reply"]["parent"] == sent["message"]["id"]
    assert second["conversation"]["head"] == second["reply"]["id"]
    assert second["conversation"]["version"] > sent["conversation"]["version"]
    assert text_of(run) == "two"
    # Whoever else listens gets the whole state first, then the run.
    datas = [data for _, data in service.centrifugo.published]
    assert datas[:3] == [
        {"type": "conversation", "conversation": second["conversation"]},
        {"type": "message", "message": second["message"]},
        {"type": "message", "message": second["reply"]},
    ]
    prompt, shown = await messages_of(service, sent)
    assert "siblings" not in prompt
    assert shown["siblings"] == [each["reply"]["id"] for each in (sent, second, third)]
    assert shown["parts"][0]["text"] == "three"
    # Nothing that was said is overwritten, and the model is told the prompt alone.
    assert (await service.call("chat:run", {"run": run_of(sent)}))["parts"][0]["text"] == "one"
    assert [request.body["messages"] for request in service.openai.requests] == [
        [{"role": "user", "content": "Hi"}]
    ] * 3


async def test_an_answer_in_the_middle_is_written_anew(service: Service) -> None:
    first, _ = await service.talk("tokens:1")
    await service.talk("tokens:1", conversation=first["conversation"]["id"])
    second = await again(service, "regenerate", first)
    await service.centrifugo.ended(run_of(second))

    assert [message["id"] for message in await messages_of(service, first)] == [
        first["message"]["id"],
        second["reply"]["id"],
    ]


@pytest.mark.parametrize("method", ["regenerate", "continue"])
async def test_the_same_again_answers_the_same_and_starts_nothing(service: Service, method: str) -> None:
    sent = await stopped(service, Text("Hel"))
    service.openai.scripts.append(answer("lo"))
    replies = await asyncio.gather(*(again(service, method, sent) for _ in range(20)))
    await service.centrifugo.ended(run_of(replies[0]))
    later = await again(service, method, sent, if_busy="stop")

    assert [reply["duplicate"] for reply in replies].count(False) == 1
    assert {reply["reply"]["id"] for reply in [*replies, later]} == {replies[0]["reply"]["id"]}
    assert later["duplicate"] is True
    assert later["reply"]["run"]["status"] == "completed"
    assert len(service.openai.requests) == 2
    assert len((await messages_of(service, sent))[1]["siblings"]) == 2


@pytest.mark.parametrize("method", ["regenerate", "continue"])
async def test_the_same_id_for_something_else_is_a_conflict(service: Service, method: str) -> None:
    sent = await stopped(service, Text("Hel"), client_message_id="of-the-send")
    other = await stopped(service, Text("Hel"))
    service.openai.scripts.append(answer("lo"))
    await service.centrifugo.ended(run_of(await again(service, method, sent, "same")))
    conflicts = [
        ("chat:send", {"text": "Hello!", "client_message_id": "same"}),
        (f"chat:{method}", {"message": sent["reply"]["id"], "client_message_id": "of-the-send"}),
        (f"chat:{method}", {"message": other["reply"]["id"], "client_message_id": "same"}),
        (
            {"regenerate": "chat:continue", "continue": "chat:regenerate"}[method],
            {"message": sent["reply"]["id"], "client_message_id": "same"},
        ),
    ]

    for called, data in conflicts:
        error = await service.refused(called, data)
        assert (error["code"], error["temporary"]) == (1409, False), called
    assert len((await messages_of(service, sent))[1]["siblings"]) == 2


async def test_an_answer_goes_on_where_it_was_stopped(service: Service) -> None:
    sent = await stopped(service, Text("Hello, "), text="Greet me")
    service.openai.scripts.append(answer("world!"))
    more = await again(service, "continue", sent)
    run = await service.centrifugo.ended(run_of(more))

    assert form(more) == reply_form("chat:continue")
    assert more["reply"]["parts"] == [{"id": "1", "type": "text", "text": "Hello, "}]
    assert (more["reply"]["run"]["attempt"], more["reply"]["run"]["seq"]) == (1, 0)
    assert {"type": "message", "message": more["reply"]} in [d for _, d in service.centrifugo.published]
    first = service.centrifugo.run_events(run_of(more))[0]
    assert (first["attempt"], first["seq"]) == (1, 1)
    assert first["chunks"][0] == {"type": "run-reset", "keep": [{"id": "1", "length": 7}]}
    assert (run.status, run.mismatched, text_of(run)) == ("completed", False, "Hello, world!")
    assert [part.text for part in run.parts.values()] == ["Hello, world!"]
    _, shown = await messages_of(service, sent)
    assert shown["id"] == more["reply"]["id"]
    assert shown["parts"] == [{"id": "1", "type": "text", "text": "Hello, world!"}]
    assert shown["siblings"] == [sent["reply"]["id"], more["reply"]["id"]]
    assert (await service.call("chat:run", {"run": run_of(sent)}))["parts"][0]["text"] == "Hello, "
    assert service.openai.requests[-1].body["messages"] == [
        {"role": "user", "content": "Greet me"},
        {"role": "assistant", "content": "Hello, "},
        {"role": "user", "content": GO_ON},
    ]


BROKEN_OFF: dict[str, Script] = {
    "at the limit": answer("Hello, ", reason="length"),
    "by the filter": answer("Hello, ", reason="content_filter"),
    "by a failure": [Text("Hello, "), Abort()],
}


@pytest.mark.parametrize("script", BROKEN_OFF.values(), ids=BROKEN_OFF)
async def test_whatever_broke_off_goes_on(service: Service, script: Script) -> None:
    service.openai.scripts += [script, answer("world!")]
    sent, broken = await service.talk()
    assert (text_of(broken), broken.status in ("incomplete", "failed")) == ("Hello, ", True)
    more = await again(service, "continue", sent)

    assert text_of(await service.centrifugo.ended(run_of(more))) == "Hello, world!"


async def test_an_answer_goes_on_and_on(service: Service) -> None:
    sent = await stopped(service, Text("a"))
    for number, letter in enumerate("bcd"):
        service.openai.scripts.append(answer(letter, reason="length"))
        sent = await again(service, "continue", sent, f"again-{number}")
        await service.centrifugo.ended(run_of(sent))

    _, shown = await messages_of(service, sent)
    assert shown["parts"] == [{"id": "1", "type": "text", "text": "abcd"}]
    assert len(shown["siblings"]) == 4


async def test_reasoning_stays_as_it_was(service: Service) -> None:
    thoughtful = await stopped(service, Reasoning("Hm. "), Text("Hel"))
    thinking = await stopped(service, Reasoning("Well. "))
    service.openai.scripts += [[Reasoning("So."), Text("lo"), Finish()]] * 2
    parts = []
    for sent in (thoughtful, thinking):
        more = await again(service, "continue", sent, f"of-{run_of(sent)}")
        await service.centrifugo.ended(run_of(more))
        parts.append(
            [(part["type"], part["text"]) for part in (await messages_of(service, sent))[1]["parts"]]
        )

    assert parts == [
        [("reasoning", "Hm. "), ("text", "Hel"), ("reasoning", "So."), ("text", "lo")],
        [("reasoning", "Well. "), ("reasoning", "So."), ("text", "lo")],
    ]
    # What was never said can't be gone on with: the model is asked as if for the first time.
    assert [turn["content"] for turn in service.openai.requests[-1].body["messages"]] == ["Hello!"]


async def test_a_long_answer_goes_on_though_its_event_is_cut(service: Service) -> None:
    text = "🙂 ж\x00" * 40_000
    service.openai.scripts += [answer(text, reason="length"), answer("the end")]
    sent, _ = await service.talk()
    more = await again(service, "continue", sent)
    await service.until_stored(run_of(more), "completed")

    event = [each["message"] for each in service.centrifugo.events("message")][-1]
    assert (event["id"], event["parts"], event["truncated"]) == (more["reply"]["id"], [], True)
    stored = await service.call("chat:run", {"run": run_of(more)})
    assert [part["text"] for part in stored["parts"]] == [text + "the end"]
    first = service.centrifugo.run_events(run_of(more))[0]
    assert first["chunks"][0]["keep"] == [{"id": "1", "length": 5 * 40_000}]


async def test_what_goes_on_and_is_too_long_for_a_sync_is_asked_for(service: Service) -> None:
    text = "x" * 600_000
    service.openai.scripts += [answer(text, reason="length"), [Stall()]]
    sent, _ = await service.talk()
    more = await again(service, "continue", sent)
    await service.openai.until(lambda: len(service.openai.requests) == 2)
    told = {state["run"]["id"]: state for state in (await service.call("chat:sync"))["runs"]}[run_of(more)]

    # It has its text before it has published anything, so that nobody may believe it to be empty there.
    assert (told["run"]["attempt"], told["run"]["seq"], told["parts"]) == (0, 0, [])
    assert told["truncated"] is True
    state = await service.call("chat:run", {"run": run_of(more)})
    assert (state["run"]["attempt"], state["run"]["seq"]) == (1, 0)
    assert state["parts"][0]["text"] == text


async def test_what_costs_is_what_is_new(service: Service) -> None:
    sent = await stopped(service, Text("x" * 4000))
    more = await stopped_again(service, sent)
    state = await service.call("chat:run", {"run": run_of(more)})

    assert state["run"]["usage"]["estimated"] is True
    assert state["run"]["usage"]["output_tokens"] == 1
    assert state["run"]["usage"]["input_tokens"] > 1000


async def stopped_again(service: Service, sent: Json) -> Json:
    """Go on with an answer, and stop it after one more word."""
    service.openai.scripts.append([Text("more"), Stall()])
    more = await again(service, "continue", sent)
    await service.centrifugo.until(lambda: text_of(service.centrifugo.client(run_of(more))).endswith("more"))
    await service.call("chat:stop", {"client_message_id": "again"})
    await service.centrifugo.ended(run_of(more))
    return more


async def test_what_does_not_go_on_says_why(service: Service) -> None:
    service.openai.scripts += [answer("done"), [Reply(500)]]
    complete, _ = await service.talk()
    failed, _ = await service.talk()
    running = await service.send("tokens:1 delay:30")
    calls = [
        (complete["reply"]["id"], {}, 1400, "complete"),
        (failed["reply"]["id"], {}, 1400, "no text"),
        (complete["message"]["id"], {}, 1400, "prompt"),
        (running["reply"]["id"], {}, 1408, "being written"),
        (running["reply"]["id"], {"if_busy": "stop"}, 1400, "being written"),
        (complete["conversation"]["id"], {}, 1404, "no such message"),
        ("nothing", {}, 1404, "no such message"),
    ]
    for message, fields, code, word in calls:
        data = {"client_message_id": "x", "message": message, **fields}
        error = await service.refused("chat:continue", data)
        assert (error["code"], word in error["message"]) == (code, True), error

    # What was refused has changed nothing, and stopped nothing.
    assert (await service.call("chat:run", {"run": run_of(running)}))["run"]["status"] == "running"
    assert len(await messages_of(service, complete)) == 2
    for message, code in [(complete["message"]["id"], 1400), ("nothing", 1404)]:
        error = await service.refused("chat:regenerate", {"client_message_id": "x", "message": message})
        assert error["code"] == code


async def test_somebody_elses_answers_are_not_there(service: Service) -> None:
    sent = await stopped(service, Text("Hel"))
    for method in ("chat:regenerate", "chat:continue"):
        data = {"client_message_id": "x", "message": sent["reply"]["id"]}
        assert (await service.refused(method, data, user="another"))["code"] == 1404
    await service.call("chat:delete", {"conversation": sent["conversation"]["id"]})
    for method in ("chat:regenerate", "chat:continue"):
        data = {"client_message_id": "x", "message": sent["reply"]["id"]}
        assert (await service.refused(method, data))["code"] == 1404


async def test_an_answer_that_is_being_written_makes_room_for_another(service: Service) -> None:
    service.openai.scripts += [[Text("Hel"), Stall()], answer("Better!")]
    sent = await service.send()
    await service.centrifugo.until(lambda: text_of(service.centrifugo.client(run_of(sent))) == "Hel")
    data = {"client_message_id": "x", "message": sent["reply"]["id"]}
    assert (await service.refused("chat:regenerate", data))["code"] == 1408
    second = await again(service, "regenerate", sent, if_busy="stop")

    assert (await service.centrifugo.ended(run_of(sent))).status == "cancelled"
    assert text_of(await service.centrifugo.ended(run_of(second))) == "Better!"
    # The text that was stopped is another answer to the same prompt, of which the model is told nothing.
    assert [turn["content"] for turn in service.openai.requests[-1].body["messages"]] == ["Hello!"]


@pytest.mark.parametrize("method", ["regenerate", "continue"])
async def test_a_stop_may_come_before_what_it_stops(service: Service, method: str) -> None:
    sent = await stopped(service, Text("Hel"))
    assert await service.call("chat:stop", {"client_message_id": "again"}) == {"run": None}
    second = await again(service, method, sent)
    run = await service.centrifugo.ended(run_of(second))

    assert (run.status, text_of(run)) == ("cancelled", "Hel" if method == "continue" else "")
    assert len(service.openai.requests) == 1


async def test_the_model_is_the_answers_own_unless_another_is_wanted(tmp_path: Path) -> None:
    async with open_alone(tmp_path, OPENAI_MODEL="first,second") as service:
        sent = await stopped(service, Text("Hel"), model="second")
        replies = [
            await again(service, "regenerate", sent, "one"),
            await again(service, "regenerate", sent, "two", model="first", if_busy="stop"),
            await again(service, "continue", sent, "three", if_busy="stop"),
        ]
        unknown = {"client_message_id": "x", "message": sent["reply"]["id"], "model": "third"}
        assert (await service.refused("chat:regenerate", unknown))["code"] == 1404
        other = {"client_message_id": "one", "message": sent["reply"]["id"], "model": "second"}
        assert (await service.refused("chat:regenerate", other))["code"] == 1409

    assert [reply["reply"]["model"] for reply in replies] == ["second", "first", "second"]


async def test_limits_count_new_answers_as_prompts(tmp_path: Path) -> None:
    async with open_alone(tmp_path, prompts_per_minute=2, max_runs_per_user=1, max_answer=5) as service:
        sent = await stopped(service, Text("12345"))
        long = {"client_message_id": "x", "message": sent["reply"]["id"]}
        assert (await service.refused("chat:continue", long))["code"] == 1413
        service.openai.scripts.append([Stall()])
        second = await again(service, "regenerate", sent)
        error = await service.refused("chat:regenerate", long | {"if_busy": "stop"})
        assert (error["code"], error["temporary"]) == (1429, True)
        await service.settle()
        assert (await again(service, "regenerate", sent))["reply"]["id"] == second["reply"]["id"]


@pytest.mark.parametrize("method", ["regenerate", "continue"])
async def test_while_it_stops_new_answers_are_refused_and_old_ones_told(tmp_path: Path, method: str) -> None:
    async with open_alone(tmp_path) as service:
        sent = await stopped(service, Text("Hel"))
        service.openai.scripts.append(answer("lo"))
        second = await again(service, method, sent)
        await service.centrifugo.ended(run_of(second))
        await service.runs.aclose(0)
        data = {"client_message_id": "x", "message": sent["reply"]["id"]}

        error = await service.refused(f"chat:{method}", data)
        assert (error["code"], error["temporary"]) == (1503, True)
        assert (await again(service, method, sent))["duplicate"] is True


async def test_an_edited_prompt_in_the_middle_is_answered_in_its_place(service: Service) -> None:
    first, _ = await service.talk("tokens:2 one")
    conversation = first["conversation"]["id"]
    second, _ = await service.talk("tokens:2 two", conversation=conversation)
    edit, _ = await service.talk(
        "tokens:2 edited", conversation=conversation, parent=second["message"]["parent"]
    )
    third = await again(service, "regenerate", edit)
    await service.centrifugo.ended(run_of(third))

    shown = await messages_of(service, first)
    assert [message.get("siblings") for message in shown] == [
        None,
        None,
        [second["message"]["id"], edit["message"]["id"]],
        [edit["reply"]["id"], third["reply"]["id"]],
    ]
    assert [turn["content"] for turn in service.openai.requests[-1].body["messages"]] == [
        "tokens:2 one",
        expected_text("tokens:2 one"),
        "tokens:2 edited",
    ]
