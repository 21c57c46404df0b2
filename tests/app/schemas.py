"""How a database differs from the schema that the code expects."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from proxy_app.adapters.store.schema import metadata


def differences(connection: Connection) -> list[object]:
    """Return what differs, but for the search index, which is each kind of database's own."""
    context = MigrationContext.configure(connection, opts={"include_object": _is_common})
    found: list[object] = compare_metadata(context, metadata)
    return found


def _is_common(_: Any, name: str | None, kind: str, *__: Any) -> bool:
    name = name or ""
    return not (kind == "table" and name.startswith("search")) and name not in ("lexemes", "ix_texts_lexemes")
