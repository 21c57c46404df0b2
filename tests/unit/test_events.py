"""Publications as bytes."""

import json

import orjson
import pytest

from proxy_app.core.events import PartDelta, RunAddress, message_event, run_event
from proxy_app.core.objects import Message, Part

ADDRESS = RunAddress("c", "m", "r", 1)


def message(text: str) -> Message:
    return Message("m", "c", None, "user", 0, 1, [Part("1", "text", text)], client_message_id="x")


def test_json_travels_unescaped() -> None:
    data = run_event(ADDRESS, 1, [PartDelta("1", "text", "Grüße, 世界 🙂 </script>").to_json()])

    assert "Grüße, 世界 🙂 </script>".encode() in data
    assert b"\\u" not in data


@pytest.mark.parametrize("text", ["a" * 50, "\x00" * 50, "🙂" * 50])
def test_a_message_that_just_fits_is_whole_and_one_byte_less_truncates_it(text: str) -> None:
    whole = message_event(message(text), 10_000)
    assert json.loads(whole)["message"]["parts"][0]["text"] == text

    assert message_event(message(text), len(whole)) == whole

    truncated = json.loads(message_event(message(text), len(whole) - 1))
    expected = message(text).to_json() | {"parts": [], "truncated": True}
    assert truncated == {"type": "message", "message": expected}


def test_the_event_names_its_run_and_its_place() -> None:
    assert orjson.loads(run_event(ADDRESS, 7, [])) == {
        "type": "run",
        "conversation": "c",
        "message": "m",
        "run": "r",
        "attempt": 1,
        "seq": 7,
        "chunks": [],
    }
