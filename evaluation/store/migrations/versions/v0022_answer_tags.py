"""People's tags on cases and answers of runs, and notes on single answers."""

import sqlalchemy as sa
from alembic import op

from evaluation.store.columns import SafeText, UtcTime, big_key

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add a table and a column; earlier notes on a case are on no single answer."""
    op.add_column("annotation", sa.Column("fingerprint", SafeText(), nullable=True))
    op.create_table(
        "answer_tag",
        sa.Column("id", big_key(), nullable=False, autoincrement=True),
        sa.Column("run_id", SafeText(), nullable=False),
        sa.Column("case_id", SafeText(), nullable=False),
        sa.Column("fingerprint", SafeText(), nullable=False),
        sa.Column("tag", SafeText(), nullable=False),
        sa.Column("author", SafeText(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answer_tag"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE", name="fk_answer_tag_run_id_run"),
        sa.UniqueConstraint(
            "run_id", "case_id", "fingerprint", "tag", name="uq_answer_tag_run_id_case_id_fingerprint_tag"
        ),
    )
