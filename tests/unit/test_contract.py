"""The examples that Python and TypeScript share: what is read from them is written as it was."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from proxy_app.core.chunks import Usage
from proxy_app.core.events import (
    PartDelta,
    PartEnd,
    PartStart,
    RunAddress,
    conversation_event,
    message_event,
    reasoned,
    run_end,
    run_event,
    run_reset,
    start,
)
from proxy_app.core.objects import Conversation, Message, Part, RunError, RunState, RunStatus

EXAMPLES = json.loads((Path(__file__).parents[1] / "contract" / "events.json").read_text())
EVENTS, OBJECTS = EXAMPLES["events"], EXAMPLES["objects"]
OURS = [name for name in EVENTS if not name.startswith("unknown")]
"""Events that we publish; the others show what clients have to ignore."""

Json = dict[str, Any]


def milliseconds(told: str) -> int:
    return round(datetime.fromisoformat(told).timestamp() * 1000)


def read_run(told: Json) -> RunStatus:
    usage, error = told.get("usage"), told.get("error")
    rest = {"usage": Usage(**usage) if usage else None, "error": RunError(**error) if error else None}
    return RunStatus(**told | rest)


def read_conversation(told: Json) -> Conversation:
    times = {name: milliseconds(told[name]) for name in ("created_at", "updated_at")}
    return Conversation(**told | times)


def read_message(told: Json) -> Message:
    fields = told | {
        "created_at": milliseconds(told["created_at"]),
        "parts": [Part(**part) for part in told["parts"]],
        "run": read_run(told["run"]) if "run" in told else None,
    }
    fields.pop("truncated", None)
    return Message(**fields)


def read_state(told: Json) -> RunState:
    parts = [Part(**part) for part in told["parts"]]
    return RunState(told["conversation"], told["message"], read_run(told["run"]), parts)


READERS: dict[str, Callable[[Json], Conversation | Message | RunState | RunStatus]] = {
    "conversation": read_conversation,
    "message": read_message,
    "state": read_state,
    "status": read_run,
}


def rewrite_chunk(chunk: Json) -> Json:
    """Say again what a chunk says, from what we read in it."""
    kind = chunk["type"]
    if kind == "start":
        return start(chunk["messageId"])
    if kind == "message-metadata":
        return reasoned(chunk["messageMetadata"]["reasoning_ms"])
    if kind == "run-reset":
        return run_reset([(kept["id"], kept["length"]) for kept in chunk["keep"]])
    if kind == "run-end":
        outcome = {key: value for key, value in chunk.items() if key not in {"type", "parts"}}
        status = read_run({"id": "r", "attempt": 1, "seq": 1, **outcome})
        return run_end(status, [(end["id"], end["length"], int(end["crc32"], 16)) for end in chunk["parts"]])
    name, step = kind.split("-")
    if step == "delta":
        return PartDelta(chunk["id"], name, chunk["delta"]).to_json()
    return (PartStart if step == "start" else PartEnd)(chunk["id"], name).to_json()


def rewrite(event: Json) -> bytes:
    """Say again what an event says, from what we read in it."""
    if event["type"] == "conversation":
        return conversation_event(read_conversation(event["conversation"]))
    if event["type"] == "message":
        limit = 0 if event["message"].get("truncated") else 65_536
        return message_event(read_message(event["message"]), limit)
    address = RunAddress(event["conversation"], event["message"], event["run"], event["attempt"])
    return run_event(address, event["seq"], [rewrite_chunk(chunk) for chunk in event["chunks"]])


@pytest.mark.parametrize("name", OURS)
def test_events(name: str) -> None:
    assert json.loads(rewrite(EVENTS[name])) == EVENTS[name]


@pytest.mark.parametrize("name", OBJECTS)
def test_objects(name: str) -> None:
    told = OBJECTS[name]
    read = READERS[name.rsplit("_", 1)[-1]](told)

    assert json.loads(json.dumps(read.to_json())) == told
