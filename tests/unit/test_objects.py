"""Objects as they travel: what is not there is left out, what is null is told."""

import pytest

from proxy_app.core.chunks import Usage
from proxy_app.core.objects import (
    Conversation,
    Message,
    Part,
    RunError,
    RunStatus,
    rfc3339,
    said,
    usage_json,
)


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_764_000_000_000, "2025-11-24T16:00:00.000Z"),
        (1_764_000_000_007, "2025-11-24T16:00:00.007Z"),
        (1_764_000_000_999, "2025-11-24T16:00:00.999Z"),
    ],
)
def test_times_have_milliseconds_and_are_utc(milliseconds: int, told: str) -> None:
    assert rfc3339(milliseconds) == told


def test_a_run_that_runs_says_no_more_than_that() -> None:
    told = RunStatus("r", 1, 0, "running").to_json()

    assert told == {"id": "r", "attempt": 1, "seq": 0, "status": "running"}


def test_an_estimate_and_a_time_to_wait_are_told_only_where_there_is_one() -> None:
    assert usage_json(Usage(1, 2)) == {"input_tokens": 1, "output_tokens": 2}
    assert usage_json(Usage(1, 2, estimated=True))["estimated"] is True
    assert RunError("internal", "S.").to_json() == {"code": "internal", "message": "S."}
    assert RunError("internal", "S.", 0).to_json()["retry_after"] == 0


def test_nobody_is_told_as_null_and_what_does_not_apply_is_left_out() -> None:
    conversation = Conversation("c", "T", 0, 0, None, 1).to_json()
    message = Message("m", "c", None, "user", 0, 1, [Part("1", "text", "Hi")]).to_json()

    assert conversation["head"] is None
    assert "deleted" not in conversation
    assert message["parent"] is None
    assert not {"client_message_id", "model", "run", "siblings"} & message.keys()


def test_reasoning_is_not_said() -> None:
    parts = [Part("1", "reasoning", "Hm."), Part("2", "text", "Hel"), Part("3", "text", "lo")]

    assert said(parts) == "Hello"
    assert said([]) == ""
