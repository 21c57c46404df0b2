"""Runs have an owner, for as long as its lease lasts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration; a run that is running has no owner, so that it is taken over at once."""
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("policy", sa.String(length=16), nullable=False, server_default="interrupt")
        )
        batch_op.add_column(sa.Column("owner", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("lease_until", sa.BigInteger(), nullable=True))
        for name in ("takeovers", "fruitless", "kept"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index("ix_runs_lease", ["status", "lease_until"], unique=False)
