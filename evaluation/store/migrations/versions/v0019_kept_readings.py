"""What was read from a run's rows once, and an index of the server's failures by their order."""

import sqlalchemy as sa
from alembic import op

from evaluation.store.columns import SafeText

revision = "0019"
down_revision = "0018"

_FAILED = sa.text("failure_kind IS NOT NULL")


def upgrade() -> None:
    """Add two tables and an index; the triggers are made after every upgrade."""
    op.create_table(
        "run_state",
        sa.Column("run_id", SafeText(), nullable=False),
        sa.Column("token", SafeText(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name="pk_run_state"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE", name="fk_run_state_run_id_run"),
    )
    op.create_table(
        "kept_reading",
        sa.Column("run_id", SafeText(), nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("token", SafeText(), nullable=False),
        sa.Column("made_by", SafeText(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "name", name="pk_kept_reading"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE", name="fk_kept_reading_run_id_run"),
    )
    op.create_index(
        "ix_generation_failed",
        "generation",
        ["run_candidate_id", "id"],
        sqlite_where=_FAILED,
        postgresql_where=_FAILED,
    )
