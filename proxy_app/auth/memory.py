"""What is remembered of a connection between two refreshes: its ``meta``, which Centrifugo keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.quotas import Limits, limits_of


@dataclass(frozen=True, slots=True)
class Memory:
    """What an `Identity` said, and since when nobody could confirm it."""

    limits: Limits | None = None
    issued_at: float | None = None
    until: int | None = None
    kept: Mapping[str, object] = field(default_factory=dict)
    since: float | None = None
    """Since when the hook does not answer, in Unix seconds, if it does not."""

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> "Memory":
        """Return what a connection's ``meta`` says; what it lacks was never said."""
        told = meta.get("session")
        session: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
        kept = session.get("kept")
        return cls(
            limits=limits_of(meta["limits"]) if "limits" in meta else None,
            issued_at=session.get("issued_at"),
            until=session.get("until"),
            kept=kept if isinstance(kept, Mapping) else {},
            since=session.get("since"),
        )

    def doubted(self, now: float) -> "Memory":
        """Return the same, in doubt since ``now`` unless it was before."""
        return self if self.since is not None else replace(self, since=now)

    def to_json(self) -> dict[str, Any]:
        """Return the connection's ``meta``."""
        session = {
            "issued_at": self.issued_at,
            "until": self.until,
            "kept": dict(self.kept) or None,
            "since": self.since,
        }
        said = {name: value for name, value in session.items() if value is not None}
        told: dict[str, Any] = {"session": said} if said else {}
        if self.limits is not None:
            told["limits"] = self.limits.to_json()
        return told
