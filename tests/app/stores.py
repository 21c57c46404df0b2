"""Both stores over a database, as a new user finds them."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import func, select

from proxy_app.adapters.store.conversations import SqlConversationStore
from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.leases import Owner, SqlLeases
from proxy_app.adapters.store.runs import SqlRunStore
from proxy_app.adapters.store.schema import run_texts
from proxy_app.core.chunks import Usage
from proxy_app.core.content import Piece
from proxy_app.core.objects import Part, RunStatus
from proxy_app.core.outcomes import Outcome, finished
from proxy_app.core.positions import Position
from proxy_app.ports import Checkpoint, Ending, OwedEnd, Publication, Sent, StoredRun, Taken

from .commands import command_of


@dataclass(slots=True)
class Stores:
    """The stores of one database, a user of one's own, and a clock to move."""

    database: Database
    user: str
    now: int = 1_000_000
    """Milliseconds since 1970."""
    conversations: SqlConversationStore = field(init=False)
    runs: SqlRunStore = field(init=False)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        owner = Owner(self.user, "now", lease=10)
        self.conversations = SqlConversationStore(self.database, owner, lambda: self.now)
        self.runs = SqlRunStore(self.database, lambda: self.now)

    async def send(self, **changes: Any) -> Sent:
        """Send, under an id of its own unless ``changes`` has one."""
        name = changes.pop("client_message_id", f"m{next(self._numbers)}")
        changes.setdefault("fingerprint", f"of {name}")
        return await self.conversations.send(command_of(self.user, client_message_id=name, **changes))

    async def talk(self, said: str = "Hi", *, tokens: int = 0, **changes: Any) -> Sent:
        """Send, and store a regular end that said something."""
        sent = await self.send(**changes)
        await self.finish(sent, said, tokens=tokens)
        return sent

    async def finish(
        self,
        sent: Sent,
        said: str,
        outcome: Outcome | None = None,
        *,
        attempt: int = 1,
        owner: int = 1,
        tokens: int = 0,
    ) -> None:
        """Store the end of a run."""
        outcome = outcome or finished("stop")
        status = RunStatus(
            run_of(sent), attempt, 9, outcome.status, outcome.finish_reason, Usage(0, tokens), outcome.error
        )
        parts = [Part("1", "text", said)] if said else []
        await self.runs.finish(
            Ending(status, owner, self.user, sent.reply.id, parts, Publication(b'{"end":1}', "key"))
        )

    async def checkpoint(
        self, sent: Sent, *texts: str, first: int = 0, seq: int = 5, attempt: int = 1, offset: int = 7
    ) -> None:
        """Store pieces of one part, numbered from ``first``."""
        pieces = [(number, Piece("1", "text", text)) for number, text in enumerate(texts, first)]
        checkpoint = Checkpoint(run_of(sent), attempt, seq, pieces, Position(offset, "e"))
        await self.runs.checkpoint([checkpoint], [])

    async def recent(self, since: int = 0) -> list[StoredRun]:
        """Return the user's recent runs."""
        return await self.conversations.recent_runs(self.user, since)

    async def owed(self, before: int = 2**50) -> list[OwedEnd]:
        """Return the user's owed ends; others have theirs."""
        return [end for end in await self.runs.owed_ends(before) if end.user == self.user]

    async def left_behind(self) -> list[Taken]:
        """Take what was left of the user's, as the next process in its place does."""
        return await SqlLeases(self.database, Owner(self.user, "next", lease=10)).take_left_behind()

    async def pieces(self, sent: Sent) -> int:
        """Return how many rows of text a run has."""
        query = select(func.count()).select_from(run_texts).where(run_texts.c.run_id == run_of(sent))
        async with self.database.read() as connection:
            return int((await connection.execute(query)).scalar_one())


def run_of(sent: Sent) -> str:
    """Return the run that answers a send."""
    assert sent.reply.run is not None
    return sent.reply.run.id
