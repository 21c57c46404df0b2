"""The reducer: the vectors that both languages read, and what holds for any mixture whatsoever."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy_app.core.accumulator import Accumulator
from proxy_app.core.chunks import Finish, ModelChunk, ReasoningDelta, TextDelta
from proxy_app.core.coalescer import Coalescer
from proxy_app.core.content import Content
from proxy_app.core.events import PartDelta, PartStart, RunAddress, run_end, run_event, run_reset, start
from proxy_app.core.objects import RunState, RunStatus
from proxy_app.core.reducer import ASIDE_LIMIT, Run, apply_event, apply_snapshot
from proxy_app.core.text import clip, utf16_length

CONTRACT = Path(__file__).parents[1] / "contract"
CASES = json.loads((CONTRACT / "reducer.json").read_text())["cases"]


def seen(run: Run) -> dict[str, Any]:
    parts = [{"id": name, "type": part.type, "text": part.text} for name, part in run.parts.items()]
    state = {"attempt": run.attempt, "seq": run.seq, "status": run.status, "parts": parts}
    return {**state, **run.outcome, "ended": run.ended}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vectors(case: dict[str, Any]) -> None:
    run = Run()
    for step in case["steps"]:
        if "event" in step:
            verdict = apply_event(run, step["event"])
        else:
            verdict = apply_snapshot(run, step["snapshot"])
        assert verdict == step["verdict"]
    assert seen(run) == case["expect"]


class Script:
    """A whole run as the server makes it: every publication, and the snapshot after each."""

    def __init__(self, chunks: list[ModelChunk], cuts: list[int], takeovers: list[int]) -> None:
        self.publications: list[dict[str, Any]] = []
        self.snapshots: list[dict[str, Any]] = []
        self._attempt, self._seq = 1, 0
        self._content, self._accumulator = Content(), Accumulator(limit=10_000)
        pending, now = Coalescer(interval=0, limit=200), 0.0
        for number, chunk in enumerate(chunks):
            pending.push(self._accumulator.feed(chunk))
            if number in cuts:
                self._publish(pending.cut(now))
            if number in takeovers:
                self._take_over()
                pending = Coalescer(interval=0, limit=200)
        pending.push(self._accumulator.close())
        while pending:
            self._publish(pending.cut(now))
        status = RunStatus("r", self._attempt, self._seq + 1, "completed", "stop")
        self._publish([], [run_end(status, self._content.ends())], status)
        self.text = {part.id: part.text for part in self._content.parts()}

    def _take_over(self) -> None:
        """Let another owner go on from about half of what was published, without the parts' rest."""
        kept = [(part, clip(part.text, utf16_length(part.text) // 2)) for part in self._content.parts()]
        self._content, keep = Content(), []
        for part, text in kept:
            if text:
                keep.append((part.id, utf16_length(text)))
                self._content.apply([PartStart(part.id, part.type), PartDelta(part.id, part.type, text)])
        self._attempt, self._seq = self._attempt + 1, 0
        self._publish([], [run_reset(keep)])
        self._accumulator.close()

    def _publish(self, cut: Any, more: Any = (), status: RunStatus | None = None) -> None:
        self._seq += 1
        self._content.apply(cut)
        first = [start("m")] if (self._attempt, self._seq) == (1, 1) else []
        address = RunAddress("c", "m", "r", self._attempt)
        event = run_event(address, self._seq, [*first, *(chunk.to_json() for chunk in cut), *more])
        self.publications.append(json.loads(event))
        status = status or RunStatus("r", self._attempt, self._seq, "running")
        state = RunState("c", "m", status, self._content.parts())
        self.snapshots.append(json.loads(json.dumps(state.to_json())))


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
deltas = st.one_of(st.builds(TextDelta, texts), st.builds(ReasoningDelta, texts))


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    chunks: list[ModelChunk] = draw(st.lists(deltas, min_size=1, max_size=24))
    numbers = st.integers(0, len(chunks) - 1)
    cuts = draw(st.lists(numbers, max_size=12))
    takeovers = draw(st.lists(numbers, max_size=2))
    return Script([*chunks, Finish("stop")], cuts, takeovers)


@settings(max_examples=1000, deadline=None)
@given(scripts(), st.data())
def test_any_mixture_of_snapshots_and_publications_makes_the_text(
    script: Script, data: st.DataObject
) -> None:
    """Play what Centrifugo can do: a stretch keeps its order, and is lost, repeated or overtaken."""
    run, top = Run(), len(script.publications)
    for _ in range(data.draw(st.integers(0, 8))):
        first = data.draw(st.integers(0, top - 1))
        last = data.draw(st.integers(first, min(top, first + ASIDE_LIMIT) - 1))
        if data.draw(st.booleans()):
            apply_snapshot(run, script.snapshots[first])
        for publication in script.publications[first : last + 1]:
            if apply_event(run, publication) in ("gap", "mismatch") and data.draw(st.booleans()):
                apply_snapshot(run, script.snapshots[data.draw(st.integers(0, top - 1))])
    # In the end the client sees the end, and asks for as long as the rules tell it to.
    verdict = apply_event(run, script.publications[-1])
    if verdict in ("gap", "mismatch"):
        verdict = apply_snapshot(run, script.snapshots[-1])

    assert verdict in ("applied", "dropped")
    assert run.ended
    assert not run.mismatched
    assert {name: part.text for name, part in run.parts.items()} == script.text


@settings(max_examples=300, deadline=None)
@given(scripts(), st.integers(0, 40))
def test_a_snapshot_and_what_follows_it_equal_the_whole(script: Script, at: int) -> None:
    run = Run()
    at = min(at, len(script.snapshots) - 1)
    apply_snapshot(run, script.snapshots[at])
    for publication in script.publications[max(0, at - 3) :]:
        assert apply_event(run, publication) in ("applied", "dropped")

    assert {name: part.text for name, part in run.parts.items()} == script.text
    assert run.ended
