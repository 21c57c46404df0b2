"""What a client holds of one run, and what events and snapshots make of it (``docs/protocol.md`` §4)."""

import zlib
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Json = dict[str, Any]

MOST_KEPT_ASIDE = 512
"""Events that wait for a gap to be filled; beyond it the newest is not kept."""

DELTAS = {"text-delta": "text", "reasoning-delta": "reasoning"}
STARTS = {"text-start": "text", "reasoning-start": "reasoning"}


class Verdict(Enum):
    """What became of an event or a snapshot."""

    APPLIED = "applied"
    DROPPED = "dropped"
    GAP = "gap"
    """Something before it is missing: ``chat:run`` has it."""
    MISMATCH = "mismatch"
    """Applied, but the text is not the one that the server sent: ``chat:run`` has it."""


def utf16_length(text: str) -> int:
    """Return the length of ``text`` in UTF-16 code units, the unit of the protocol."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_utf16(text: str, length: int) -> str:
    """Return the first ``length`` UTF-16 code units of ``text``."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "surrogatepass")


@dataclass(slots=True)
class Part:
    """A part of the message that the run writes."""

    type: str
    text: str = ""


@dataclass(slots=True)
class RunCopy:
    """One run as this client knows it; nothing heard yet is attempt 0, seq 0."""

    id: str
    attempt: int = 0
    seq: int = 0
    status: str = "running"
    finish_reason: str | None = None
    usage: Json | None = None
    error: Json | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    mismatched: bool = False
    """Whether the end's lengths and checksums were not those of the text held."""
    aside: dict[tuple[int, int], Json] = field(default_factory=dict)
    """Events that came too early, by attempt and seq."""

    @property
    def ended(self) -> bool:
        """Whether the run has its end."""
        return self.status != "running"

    @property
    def asks(self) -> bool:
        """Whether ``chat:run`` must be called."""
        return self.mismatched or bool(self.aside)

    @property
    def at(self) -> tuple[int, int]:
        """The attempt and seq held."""
        return self.attempt, self.seq

    def text(self, kind: str = "text") -> str:
        """Return the text of all parts of that type."""
        return "".join(part.text for part in self.parts.values() if part.type == kind)

    def take_event(self, event: Json) -> Verdict:
        """Do what the table of §4 says."""
        attempt, seq = place = event["attempt"], event["seq"]
        if self.ended or place <= self.at:
            return Verdict.DROPPED
        follows = attempt == self.attempt and seq == self.seq + 1
        takes_over = attempt > self.attempt and seq == 1
        if not (follows or takes_over) or not self._can_reset(event["chunks"]):
            if place in self.aside or len(self.aside) < MOST_KEPT_ASIDE:
                self.aside[place] = event
            return Verdict.GAP
        self.attempt, self.seq = place
        for chunk in event["chunks"]:
            self._take_chunk(chunk)
        return Verdict.MISMATCH if self.mismatched else Verdict.APPLIED

    def take_snapshot(self, status: Json, parts: list[Json]) -> Verdict:
        """Take a run's whole content where it is newer, or answers a mismatch; then what waited for it."""
        place = status["attempt"], status["seq"]
        taken = place > self.at or (self.mismatched and place == self.at)
        if taken:
            self.attempt, self.seq = place
            known = [part for part in parts if part["type"] in DELTAS.values()]
            self.parts = {part["id"]: Part(part["type"], part["text"]) for part in known}
            self._take_status(status)
            self.mismatched = False
        drained = self._drain()
        if self.aside:
            return Verdict.GAP
        if drained and self.mismatched:
            return Verdict.MISMATCH
        return Verdict.APPLIED if taken or drained else Verdict.DROPPED

    def _drain(self) -> bool:
        """Apply what was kept aside, in order; tell whether anything was applied."""
        applied = False
        waiting, self.aside = sorted(self.aside.items()), {}
        for _, event in waiting:
            applied |= self.take_event(event) in {Verdict.APPLIED, Verdict.MISMATCH}
        return applied

    def _can_reset(self, chunks: list[Json]) -> bool:
        """Tell whether every part is as long as the attempt that takes over expects."""
        return all(
            utf16_length(self.parts[kept["id"]].text if kept["id"] in self.parts else "") >= kept["length"]
            for chunk in chunks
            if chunk["type"] == "run-reset"
            for kept in chunk["keep"]
        )

    def _take_chunk(self, chunk: Json) -> None:
        kind = chunk["type"]
        if kind in STARTS:
            self.parts.setdefault(chunk["id"], Part(STARTS[kind]))
        elif kind in DELTAS:
            self.parts.setdefault(chunk["id"], Part(DELTAS[kind])).text += chunk["delta"]
        elif kind == "run-reset":
            self.parts = {
                kept["id"]: Part(part.type, cut_utf16(part.text, kept["length"]))
                for kept in chunk["keep"]
                if (part := self.parts.get(kept["id"]))
            }
        elif kind == "run-end":
            self._take_status(chunk)
            self.mismatched = not self._matches(chunk["parts"])
            self.aside = {}

    def _take_status(self, status: Json) -> None:
        self.status = status["status"]
        self.finish_reason = status.get("finish_reason")
        self.usage = status.get("usage")
        self.error = status.get("error")
        if self.ended:
            self.aside = {}

    def _matches(self, sums: list[Json]) -> bool:
        """Compare what is held with the lengths and checksums of the end."""
        told = {part["id"]: (part["length"], part["crc32"]) for part in sums}
        held = {
            id_: (utf16_length(part.text), f"{zlib.crc32(part.text.encode('utf-8', 'surrogatepass')):08x}")
            for id_, part in self.parts.items()
        }
        return told == held
