"""What is looked up again and again looks at few rows, however many there are."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from proxy_app.adapters.store.database import Database
from proxy_app.adapters.store.leases import Owner, SqlLeases
from proxy_app.adapters.store.migrate import migrate_async
from proxy_app.adapters.store.runs import SqlRunStore
from proxy_app.adapters.store.trash import SqlTrash


@pytest.mark.parametrize("sweep", ["owed ends", "expired leases", "early stops", "deleted", "nobody's"])
async def test_no_sweep_scans_a_table(tmp_path: Path, sweep: str) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/chat.sqlite3"
    await migrate_async(url)
    database = Database(url)
    trash = SqlTrash(database)
    leases = SqlLeases(database, Owner("place", "process", lease=10))
    sweeps = {
        "owed ends": lambda: SqlRunStore(database, lambda: 1).owed_ends(1),
        "expired leases": lambda: leases.take_expired(except_for=["a"], limit=1),
        "early stops": lambda: trash.forget_stops(1),
        "deleted": lambda: trash.disown(1),
        "nobody's": trash.remove,
    }
    asked: list[tuple[str, Any]] = []

    @event.listens_for(database._engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    await sweeps[sweep]()
    ((statement, parameters),) = [each for each in asked if each[0].startswith("SELECT")]
    async with database.read() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row.detail for row in plan]
    await database.close()

    assert steps
    assert not [step for step in steps if step.startswith("SCAN")]
