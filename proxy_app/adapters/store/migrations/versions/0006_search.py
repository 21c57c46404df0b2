"""What is searched, and for how long models reasoned."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from proxy_app.core.words import words_of

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TEXTS = sa.table("texts", sa.column("conversation_id"), sa.column("message_id"), sa.column("words"))
_TITLES = "SELECT id, id, user_id, title FROM conversations WHERE id > :after ORDER BY id LIMIT :limit"
_MESSAGES = (
    "SELECT messages.id, messages.conversation_id, conversations.user_id, messages.parts FROM messages "
    "JOIN conversations ON conversations.id = messages.conversation_id "
    "WHERE messages.id > :after ORDER BY messages.id LIMIT :limit"
)
_SQLITE = (
    "CREATE VIRTUAL TABLE search USING fts5("
    "words, content='texts', content_rowid='number', tokenize='ascii', detail='none', columnsize=0)",
    "CREATE TRIGGER texts_inserted AFTER INSERT ON texts BEGIN "
    "INSERT INTO search (rowid, words) VALUES (new.number, new.words); END",
    "CREATE TRIGGER texts_deleted AFTER DELETE ON texts BEGIN "
    "INSERT INTO search (search, rowid, words) VALUES ('delete', old.number, old.words); END",
    "CREATE TRIGGER texts_updated AFTER UPDATE OF words ON texts BEGIN "
    "INSERT INTO search (search, rowid, words) VALUES ('delete', old.number, old.words); "
    "INSERT INTO search (rowid, words) VALUES (new.number, new.words); END",
)
_POSTGRESQL = (
    "ALTER TABLE texts ADD COLUMN lexemes tsvector "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED",
    "CREATE INDEX ix_texts_lexemes ON texts USING gin (lexemes)",
)


def upgrade() -> None:
    """Apply the migration; whatever has been said so far is found afterwards."""
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reasoning_ms", sa.Integer(), nullable=True))
    op.create_table(
        "texts",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_texts_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_texts_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_texts")),
        sa.UniqueConstraint("message_id"),
    )
    with op.batch_alter_table("texts", schema=None) as batch_op:
        batch_op.create_index("ix_texts_conversation", ["conversation_id"], unique=False)
    connection = op.get_bind()
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    for conversation, _, user, title in _rows(connection, _TITLES):
        connection.execute(sa.insert(_TEXTS).values(_text(conversation, None, user, title)))
    for message, conversation, user, parts in _rows(connection, _MESSAGES):
        said = "\n".join(part["text"] for part in orjson.loads(parts) if part["type"] == "text")
        if words_of(said):
            connection.execute(sa.insert(_TEXTS).values(_text(conversation, message, user, said)))


def _rows(connection: sa.Connection, query: str) -> Iterator[Sequence[Any]]:
    """Yield all rows of a query, some at a time: there may be more than fit into memory."""
    after = ""
    while rows := connection.execute(sa.text(query), {"after": after, "limit": 1000}).all():
        yield from rows
        after = rows[-1][0]


def _text(conversation: str, message: str | None, user: str, said: str) -> dict[str, Any]:
    mark = hashlib.sha256(user.encode()).hexdigest()[:8]
    owned = " ".join(mark + word for word in words_of(said))
    return {"conversation_id": conversation, "message_id": message, "words": owned}
