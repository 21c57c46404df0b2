"""What users have used: a row for each user and window, changed in the transaction that uses it."""

from sqlalchemy import case, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...core.quotas import DAY, MINUTE, Used, Window, window_start
from .database import Database
from .schema import usage

_WINDOWS: tuple[Window, ...] = ("day", "minute", "total")
"""In the one order in which rows are locked, so that nobody waits for each other."""


async def count(
    database: Database, connection: AsyncConnection, user: str, used: Used, now: int
) -> dict[Window, Used]:
    """Add to what ``user`` has used, and return it; others that add for the same user wait for our commit."""
    rows = [
        {
            "user_id": user,
            "span": window,
            "started_at": window_start(window, now),
            "prompts": used.prompts,
            "tokens": used.tokens,
            "size": used.size,
        }
        for window in _WINDOWS
    ]
    added = database.insert(usage).values(rows)
    # Whose clock is behind adds to the window that another one has begun, unless that is so far ahead that
    # its clock was wrong.
    ahead = usage.c.started_at - added.excluded.started_at
    goes_on = ahead.between(0, case((usage.c.span == "minute", MINUTE), else_=DAY))
    sums = {
        name: case((goes_on, usage.c[name] + added.excluded[name]), else_=added.excluded[name])
        for name in ("prompts", "tokens", "size")
    }
    counted = added.on_conflict_do_update(
        index_elements=["user_id", "span"],
        set_={**sums, "started_at": case((goes_on, usage.c.started_at), else_=added.excluded.started_at)},
    ).returning(usage)
    found = (await connection.execute(counted)).all()
    return {row.span: Used(row.prompts, row.tokens, row.size) for row in found}


async def take_turn(database: Database, connection: AsyncConnection, user: str, now: int) -> None:
    """Wait for whoever adds for ``user`` or gives back, and make those who come later wait for our commit.

    Like `count` before any other row is locked: whoever locks a conversation or a run first, and counts
    later, would wait for an end that waits for it, or miss what that counts meanwhile.
    """
    await count(database, connection, user, Used(), now)


async def give_back(connection: AsyncConnection, user: str, size: int) -> None:
    """Note that ``size`` characters of what ``user`` kept are gone."""
    total = (usage.c.user_id == user) & (usage.c.span == "total")
    left = case((usage.c.size > size, usage.c.size - size), else_=0)
    await connection.execute(update(usage).where(total).values(size=left))
