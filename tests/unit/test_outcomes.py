"""How runs end, in the protocol's words."""

from typing import get_args

import pytest

from proxy_app.core.chunks import FinishReason, Usage
from proxy_app.core.objects import RunError
from proxy_app.core.outcomes import StopReason, estimated_usage, failed, finished, stopped


@pytest.mark.parametrize("reason", get_args(FinishReason))
def test_a_limit_makes_an_answer_incomplete(reason: FinishReason) -> None:
    outcome = finished(reason)

    assert outcome.status == ("incomplete" if reason in {"length", "content-filter"} else "completed")
    assert (outcome.finish_reason, outcome.error) == (reason, None)


@pytest.mark.parametrize("reason", get_args(StopReason))
def test_what_was_made_to_end_says_why(reason: StopReason) -> None:
    outcome = stopped(reason)

    assert (outcome.status, outcome.finish_reason, outcome.error) == (reason, reason, None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [("model_broken", "error"), ("internal", "error"), ("model_refused", "content-filter")],
)
def test_a_failure_keeps_its_error(code: str, reason: str) -> None:
    error = RunError(code, "A sentence.", 7.5)
    outcome = failed(error)

    assert (outcome.status, outcome.finish_reason, outcome.error) == ("failed", reason, error)


def test_an_estimate_is_rounded_up_and_says_that_it_is_one() -> None:
    assert estimated_usage(9, 8) == Usage(3, 2, estimated=True)
    assert estimated_usage(0, 1) == Usage(0, 1, estimated=True)
