"""What users have used, and what models were not told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration; what was used before it is not counted, but for what is kept."""
    op.create_table(
        "usage",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("span", sa.String(length=8), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("prompts", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "span", name=op.f("pk_usage")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_out", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "INSERT INTO usage (user_id, span, started_at, prompts, tokens, size) "
        "SELECT conversations.user_id, 'total', 0, 0, 0, SUM(LENGTH(messages.parts)) FROM messages "
        "JOIN conversations ON conversations.id = messages.conversation_id "
        "WHERE conversations.deleted_at IS NULL GROUP BY conversations.user_id"
    )
