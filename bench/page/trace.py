"""What a page's main thread did, out of Chromium's trace."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

CATEGORIES = ("devtools.timeline", "disabled-by-default-devtools.timeline")
"""They name every task of a thread, and the events that a page hears."""
WINDOW = 100.0
"""Milliseconds of which the longest task counts."""


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took a while, in milliseconds of the trace's clock."""

    begin: float
    length: float
    work: float
    """What of it the CPU took for this thread: the rest is others', on a machine with few cores."""

    @property
    def end(self) -> float:
        """When it was over."""
        return self.begin + self.length


@dataclass(slots=True)
class Trace:
    """Tasks, keys and frames of one page, in the order of their beginning."""

    tasks: list[Span] = field(default_factory=list)
    keys: list[Span] = field(default_factory=list)
    """Keys that were pressed, while they were handled."""
    frames: list[Span] = field(default_factory=list)
    """Commits of what was drawn."""

    def read(self, raw: bytes) -> None:
        """Take in what Chromium recorded."""
        events: list[dict[str, Any]] = orjson.loads(raw)["traceEvents"]
        threads = {
            (event["pid"], event["tid"])
            for event in events
            if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        pages = {
            frame["processId"]
            for event in events
            if event["name"] == "TracingStartedInBrowser"
            for frame in event["args"]["data"]["frames"]
        }
        ours = [
            event
            for event in events
            if event["ph"] == "X" and event["pid"] in pages and (event["pid"], event["tid"]) in threads
        ]
        self.tasks = _spans(event for event in ours if event["name"] == "RunTask")
        heard = (event for event in ours if event["name"] == "EventDispatch")
        self.keys = _spans(event for event in heard if event["args"]["data"]["type"] == "keydown")
        self.frames = _spans(event for event in ours if event["name"] == "Commit")

    @property
    def long(self) -> int:
        """How many tasks took longer than 50 ms."""
        return sum(task.length > 50 for task in self.tasks)

    def worst(self) -> list[Span]:
        """Return the longest task of every window in which something was done.

        A page runs thousands of tasks that do next to nothing: a quantile over all of them would say nothing.
        """
        windows: dict[int, Span] = {}
        for task in self.tasks:
            at = int(task.begin // WINDOW)
            windows[at] = max(windows.get(at, task), task, key=lambda span: span.length)
        return list(windows.values())

    def work_per_key(self) -> list[float]:
        """Return for every key the milliseconds of CPU until a frame was made with it."""
        return [
            sum(task.work for task in self.tasks if task.end > key.begin and task.begin < until)
            for key, until in self._shown()
        ]

    def clock_per_key(self) -> list[float]:
        """Return for every key the milliseconds until a frame was made with it."""
        return [until - key.begin for key, until in self._shown()]

    def _shown(self) -> Iterator[tuple[Span, float]]:
        for key in self.keys:
            if frame := next((frame for frame in self.frames if frame.begin >= key.end), None):
                yield key, frame.end


def _spans(events: Iterable[dict[str, Any]]) -> list[Span]:
    spans = (
        Span(event["ts"] / 1000, event.get("dur", 0) / 1000, event.get("tdur", 0) / 1000) for event in events
    )
    return sorted(spans, key=lambda span: span.begin)
