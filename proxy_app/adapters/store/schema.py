"""The tables. Times are milliseconds since 1970; parts are JSON texts, so that a NUL may be said."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
)


NOBODY = ""
"""The user of conversations that are being removed for good: nobody is called like that."""


def _swept(name: str, column: str, where: str) -> Index:
    """Return an index of those few rows that a sweep looks for again and again."""
    return Index(name, column, sqlite_where=text(where), postgresql_where=text(where))


conversations = Table(
    "conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("head", String(36)),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Index("ix_conversations_user", "user_id", "updated_at", "id"),
    _swept("ix_conversations_deleted", "deleted_at", "deleted_at IS NOT NULL"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("parent_id", String(36)),
    Column("role", String(16), nullable=False),
    Column("parts", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("client_message_id", String(64)),
    Column("model", Text),
    Column("left_out", Integer, nullable=False, server_default="0"),
    Column("reasoning_ms", Integer),
    Index("ix_messages_parent", "conversation_id", "parent_id"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("message_id", ForeignKey("messages.id"), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("policy", String(16), nullable=False, server_default="interrupt"),
    Column("owner", String(128)),
    Column("lease_until", BigInteger),
    Column("takeovers", Integer, nullable=False, server_default="0"),
    Column("fruitless", Integer, nullable=False, server_default="0"),
    Column("kept", Integer, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("position_offset", BigInteger),
    Column("position_epoch", String(64)),
    Column("stop_requested_at", BigInteger),
    Column("finish_reason", String(16)),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("usage_estimated", Boolean),
    Column("error_code", String(32)),
    Column("error_message", Text),
    Column("error_retry_after", Float),
    Column("end_publication", LargeBinary),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_runs_message", "message_id", unique=True),
    Index("ix_runs_conversation", "conversation_id", "status"),
    Index("ix_runs_user", "user_id", "status"),
    Index("ix_runs_user_ended", "user_id", "ended_at"),
    Index("ix_runs_lease", "status", "lease_until"),
    _swept("ix_runs_owed", "ended_at", "end_publication IS NOT NULL"),
)
"""``lease_until``: database time until which the run is ``owner``'s alone.

``takeovers`` counts new owners, ``fruitless`` those in a row of whom nothing came, ``kept`` is the length of
the text that the last one found. ``end_publication``: the publication with ``run-end``, until it is known to
be published.
"""

run_texts = Table(
    "run_texts",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("part_id", String(64), nullable=False),
    Column("part_type", String(16), nullable=False),
    Column("text", Text, nullable=False),
)
"""What running answers have said so far; ``text`` is a JSON string. Only rows of the run's attempt count."""

texts = Table(
    "texts",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), unique=True),
    Column("words", Text, nullable=False),
    Index("ix_texts_conversation", "conversation_id"),
)
"""What is searched: the words of titles (without a message), prompts and answers that have ended.

The index itself is the database's own: FTS5 with triggers on this table, or a column that is made of
``words``. Whatever deletes a conversation or a message takes its texts, and they their place in the index.
"""

requests = Table(
    "requests",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("client_message_id", String(64), primary_key=True),
    Column("fingerprint", String(64)),
    Column("message_id", String(36)),
    Column("reply_id", String(36)),
    Column("run_id", String(36)),
    Column("stop_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    _swept("ix_requests_stopped", "stop_until", "run_id IS NULL"),
)
"""Sends by their client's id; one without a run is a stop that came before its send."""

usage = Table(
    "usage",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("span", String(8), primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("prompts", Integer, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
)
"""What users have used in the minute, on the day and in all; ``size`` in characters."""

revocations = Table(
    "revocations",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("revoked_at", BigInteger, nullable=False),
)
"""Users who were sent away: whatever proved before that somebody is one of them counts no more.

No sweep removes them: how long something counts that was made before, only whoever made it knows.
"""
