"""Who owns which run, as `Leases`: rows are fenced by their attempt, and lent by database time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.recovery import Takeover
from ...core.text import utf16_length
from ...ports import Held, Taken
from .database import Database
from .moments import database_time
from .rows import load_messages, message_rows, state_of
from .schema import run_texts, runs


@dataclass(frozen=True, slots=True)
class Owner:
    """A process as an owner of runs."""

    place: str
    """Where it runs; there is one process at a place at a time, for example one that listens on a port."""
    process: str
    """Which process it is."""
    lease: float
    """Seconds that a run is its own alone, unless renewed."""

    @property
    def name(self) -> str:
        """The owner's name in the database."""
        return f"{self.place}/{self.process}"

    def until(self) -> ColumnElement[int]:
        """Return the database time until which a lease lasts that is taken now."""
        return database_time() + int(self.lease * 1000)


class SqlLeases:
    """Leases in a SQL database."""

    def __init__(self, database: Database, owner: Owner) -> None:
        self._database = database
        self._owner = owner

    async def renew(self, held: Sequence[str], /) -> Mapping[str, Held]:
        """Renew the leases on ``held`` in one statement; those missing in the answer are lost or ended."""
        if not held:
            return {}
        ours = (runs.c.id.in_(held)) & (runs.c.owner == self._owner.name) & (runs.c.status == "running")
        # Locked in one order, as checkpoints lock them, so that neither can wait for the other for ever.
        locked = select(runs.c.id).where(ours).order_by(runs.c.id).with_for_update().cte("locked")
        renewed = (
            update(runs)
            .where(runs.c.id.in_(select(locked.c.id)))
            .values(lease_until=self._owner.until())
            .returning(runs.c.id, runs.c.attempt, runs.c.stop_requested_at)
        )
        async with self._database.write() as connection:
            rows = (await connection.execute(renewed)).all()
        return {row.id: Held(row.attempt, row.stop_requested_at is not None) for row in rows}

    async def release(self, held: Sequence[str], /) -> None:
        """Leave ``held`` to whoever comes first."""
        ours = (runs.c.id.in_(held)) & (runs.c.owner == self._owner.name) & (runs.c.status == "running")
        async with self._database.write() as connection:
            await connection.execute(update(runs).where(ours).values(owner=null(), lease_until=null()))

    async def take_expired(self, *, except_for: Collection[str], limit: int) -> list[Taken]:
        """Take runs whose lease ran out, but none of ``except_for``, which are being written here."""
        expired = or_(runs.c.lease_until.is_(None), runs.c.lease_until < database_time())
        return await self._take(expired, limit, except_for)

    async def take_left_behind(self) -> list[Taken]:
        """Take what a former process in our place was writing when it died; nobody waits for its leases."""
        here = runs.c.owner.startswith(f"{self._owner.place}/", autoescape=True)
        return await self._take(here & (runs.c.owner != self._owner.name), limit=None)

    async def discard(self, run: str, /) -> None:
        """Forget what is kept of a run of ours, which begins anew."""
        ours = select(runs.c.attempt).where(runs.c.id == run, runs.c.owner == self._owner.name)
        kept = (run_texts.c.run_id == run) & (run_texts.c.attempt == ours.scalar_subquery())
        async with self._database.write() as connection:
            await connection.execute(delete(run_texts).where(kept))

    async def running(self, wanted: Sequence[str], /) -> set[str]:
        """Return which of ``wanted`` have not ended."""
        query = select(runs.c.id).where(runs.c.id.in_(wanted), runs.c.status == "running")
        async with self._database.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def _take(
        self, wanted: ColumnElement[bool], limit: int | None, except_for: Collection[str] = ()
    ) -> list[Taken]:
        async with self._database.write() as connection:
            # Looked at only now: runs may have begun while this waited for SQLite's writer, and where the
            # clock was stepped their leases may look as if they had run out.
            free = (
                select(runs.c.id)
                .where(runs.c.status == "running", wanted, runs.c.id.not_in(tuple(except_for)))
                .order_by(runs.c.lease_until)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            found = list((await connection.execute(free)).scalars())
            if not found:
                return []
            await self._raise_attempt(connection, found)
            query = message_rows.add_columns(
                runs.c.user_id,
                runs.c.policy,
                runs.c.takeovers,
                runs.c.fruitless,
                runs.c.kept,
                runs.c.stop_requested_at,
            ).where(runs.c.id.in_(found))
            rows = (await connection.execute(query)).all()
            messages = await load_messages(connection, rows)
            numbers = await _next_numbers(connection, found)
            taken, noted = [], []
            for row, message in zip(rows, messages, strict=True):
                length = sum(utf16_length(part.text) for part in message.parts)
                fruitless = 0 if length > row.kept else row.fruitless + 1
                noted.append({"this_run": row.run_id, "kept": length, "fruitless": fruitless})
                takeover = Takeover(row.policy, row.takeovers, fruitless, row.stop_requested_at is not None)
                taken.append(
                    Taken(
                        user=row.user_id,
                        model=row.model or "",
                        prompt=row.parent_id,
                        state=state_of(message),
                        pieces=numbers.get(row.run_id, 0),
                        takeover=takeover,
                    )
                )
            await connection.execute(update(runs).where(runs.c.id == bindparam("this_run")), noted)
        return taken

    async def _raise_attempt(self, connection: AsyncConnection, found: Sequence[str]) -> None:
        """Make the runs ours, and what is kept of them the new attempt's."""
        mine = {
            "owner": self._owner.name,
            "lease_until": self._owner.until(),
            "attempt": runs.c.attempt + 1,
            "seq": 0,
            "takeovers": runs.c.takeovers + 1,
        }
        former = select(runs.c.attempt).where(runs.c.id == run_texts.c.run_id).scalar_subquery()
        theirs = run_texts.c.run_id.in_(found)
        await connection.execute(delete(run_texts).where(theirs, run_texts.c.attempt < former))
        await connection.execute(update(run_texts).where(theirs).values(attempt=run_texts.c.attempt + 1))
        await connection.execute(update(runs).where(runs.c.id.in_(found)).values(mine))


async def _next_numbers(connection: AsyncConnection, found: Sequence[str]) -> dict[str, Any]:
    query = (
        select(run_texts.c.run_id, func.max(run_texts.c.number).label("last"))
        .where(run_texts.c.run_id.in_(found))
        .group_by(run_texts.c.run_id)
    )
    return {row.run_id: row.last + 1 for row in await connection.execute(query)}
