"""Who was sent away and when, as `Revocations`."""

from sqlalchemy import select

from .database import Database
from .moments import database_time
from .schema import revocations


class SqlRevocations:
    """Revocations in a SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revoked_at(self, user: str, /) -> float | None:
        """Return when a user was sent away the last time, in Unix seconds.

        Raises:
            UnavailableError: The database is away.
        """
        query = select(revocations.c.revoked_at).where(revocations.c.user_id == user)
        async with self._database.read() as connection:
            moment = (await connection.execute(query)).scalar_one_or_none()
        return None if moment is None else moment / 1000

    async def revoke(self, user: str, /) -> None:
        """Make worthless what proves until now that somebody is this user.

        Raises:
            UnavailableError: The database is away.
        """
        statement = self._database.insert(revocations).values(user_id=user, revoked_at=database_time())
        again = statement.on_conflict_do_update(
            index_elements=["user_id"], set_={"revoked_at": statement.excluded.revoked_at}
        )
        async with self._database.write() as connection:
            await connection.execute(again)
