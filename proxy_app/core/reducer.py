"""What a client holds of a run, and what every publication and snapshot makes of it.

The rules are those of ``docs/protocol.md`` §4; ``frontend/src/core/reducer.ts`` is its twin, and
``tests/contract/reducer.json`` drives both. Whatever the mixture of snapshot, history, live and duplicate
publications, the text is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zlib import crc32

from .text import clip, utf16_length

Verdict = Literal["applied", "dropped", "gap", "mismatch"]
"""``gap`` and ``mismatch``: ask ``chat:run``; the others ask for nothing."""
Event = Mapping[str, Any]
"""A run event or a RunState, as it came."""

ASIDE_LIMIT = 512
"""Publications of a run that are kept aside at most, while a gap before them is being filled."""


@dataclass(slots=True)
class HeldPart:
    """A part that grows: its text in pieces, its length in UTF-16 code units and its CRC-32."""

    type: str
    texts: list[str] = field(default_factory=list)
    length: int = 0
    crc: int = 0

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.texts)

    def append(self, text: str) -> None:
        """Go on with ``text``."""
        self.texts.append(text)
        self.length += utf16_length(text)
        self.crc = crc32(text.encode(), self.crc)


@dataclass(slots=True)
class Run:
    """A run as a client holds it; ``(0, 0)`` and empty before anything was told of it."""

    attempt: int = 0
    seq: int = 0
    status: str = "running"
    outcome: dict[str, Any] = field(default_factory=dict)
    """``finish_reason``, ``usage`` and ``error``, once it ended and where there are such."""
    parts: dict[str, HeldPart] = field(default_factory=dict)
    mismatched: bool = False
    """Whether lengths or checksums differed at the end, so that any snapshot of the end is believed."""
    aside: list[Event] = field(default_factory=list)
    """Publications that came after a gap, in the order of their coming."""

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.status != "running"


def apply_event(run: Run, event: Event) -> Verdict:
    """Apply a publication of the run, drop it, or keep it aside until a snapshot fills the gap before it."""
    attempt, seq = event["attempt"], event["seq"]
    if run.ended or (attempt, seq) <= (run.attempt, run.seq):
        return "dropped"
    follows = (attempt, seq) == (run.attempt, run.seq + 1)
    takes_over = attempt > run.attempt and seq == 1
    if not (follows or takes_over) or not _can_reset(run, event["chunks"]):
        if len(run.aside) < ASIDE_LIMIT:
            run.aside.append(event)
        return "gap"
    run.attempt, run.seq = attempt, seq
    for chunk in event["chunks"]:
        _apply_chunk(run, chunk)
    return "mismatch" if run.mismatched else "applied"


def apply_snapshot(run: Run, snapshot: Event) -> Verdict:
    """Apply a RunState if it is ahead of what is held, then whatever was kept aside for it."""
    told = snapshot["run"]
    ahead = (told["attempt"], told["seq"]) > (run.attempt, run.seq)
    answers = run.mismatched and told["status"] != "running"
    if ahead or answers:
        run.attempt, run.seq, run.status = told["attempt"], told["seq"], told["status"]
        run.outcome = {key: told[key] for key in ("finish_reason", "usage", "error") if key in told}
        run.mismatched = False
        run.parts = {}
        for part in snapshot["parts"]:
            if "text" in part:
                run.parts[part["id"]] = held = HeldPart(part["type"])
                held.append(part["text"])
    aside, run.aside = sorted(run.aside, key=lambda event: (event["attempt"], event["seq"])), []
    verdicts = {apply_event(run, event) for event in aside}
    for verdict in ("gap", "mismatch", "applied"):
        if verdict in verdicts:
            return verdict
    return "applied" if ahead or answers else "dropped"


def _can_reset(run: Run, chunks: Sequence[Event]) -> bool:
    """Say whether every part that the takeover wants to keep is there as long as it says."""
    for chunk in chunks:
        if chunk["type"] == "run-reset":
            return all(
                kept["length"] == 0
                or (kept["id"] in run.parts and run.parts[kept["id"]].length >= kept["length"])
                for kept in chunk["keep"]
            )
    return True


def _apply_chunk(run: Run, chunk: Event) -> None:
    match chunk["type"]:
        case "text-start" | "reasoning-start":
            run.parts.setdefault(chunk["id"], HeldPart(chunk["type"].removesuffix("-start")))
        case "text-delta" | "reasoning-delta":
            kind = chunk["type"].removesuffix("-delta")
            run.parts.setdefault(chunk["id"], HeldPart(kind)).append(chunk["delta"])
        case "run-reset":
            run.parts = {
                kept["id"]: _cut(run.parts[kept["id"]], kept["length"])
                for kept in chunk["keep"]
                if kept["id"] in run.parts
            }
        case "run-end":
            run.status = chunk["status"]
            run.outcome = {key: chunk[key] for key in ("finish_reason", "usage", "error") if key in chunk}
            held = {name: (part.length, f"{part.crc:08x}") for name, part in run.parts.items()}
            run.mismatched = held != {end["id"]: (end["length"], end["crc32"]) for end in chunk["parts"]}
        case _:
            pass  # Everybody ignores what they do not know.


def _cut(part: HeldPart, length: int) -> HeldPart:
    if part.length == length:
        return part
    cut = HeldPart(part.type)
    cut.append(clip(part.text, length))
    return cut
