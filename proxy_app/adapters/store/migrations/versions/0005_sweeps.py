"""What is swept again and again is found without looking at everything else."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_runs_owed", "runs", "ended_at", "end_publication IS NOT NULL"),
    ("ix_conversations_deleted", "conversations", "deleted_at", "deleted_at IS NOT NULL"),
    ("ix_requests_stopped", "requests", "stop_until", "run_id IS NULL"),
)


def upgrade() -> None:
    """Apply the migration."""
    for name, table, column, where in INDEXES:
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
