"""Database time: the one clock that all replicas share."""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class database_time(FunctionElement[int]):  # noqa: N801  # Reads like the SQL function that it is.
    """Milliseconds since 1970 on the database's clock, at this very moment."""

    type = BigInteger()
    inherit_cache = True


@compiles(database_time, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"


@compiles(database_time, "postgresql")
def _postgresql(element: Any, compiler: Any, **options: Any) -> str:
    # Not now(), which is the time at which the transaction began.
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
