"""The client that was written from the protocol alone agrees with the vectors that everybody reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from .runs import RunCopy

VECTORS = Path(__file__).resolve().parents[1] / "contract" / "reducer.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_agrees_with_the_vectors(case: dict[str, Any]) -> None:
    run = RunCopy("run")

    for number, step in enumerate(case["steps"]):
        if event := step.get("event"):
            verdict = run.take_event(event)
        else:
            verdict = run.take_snapshot(step["snapshot"]["run"], step["snapshot"]["parts"])
        assert verdict.value == step["verdict"], f"step {number}"

    parts = [{"id": id_, "type": part.type, "text": part.text} for id_, part in run.parts.items()]
    held = {
        "attempt": run.attempt,
        "seq": run.seq,
        "status": run.status,
        "finish_reason": run.finish_reason,
        "usage": run.usage,
        "error": run.error,
        "parts": parts,
        "ended": run.ended,
    }
    assert {name: value for name, value in held.items() if value is not None} == case["expect"]
