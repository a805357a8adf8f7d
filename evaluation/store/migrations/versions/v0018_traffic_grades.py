"""Grades that a judge gave calls in production."""

import sqlalchemy as sa
from alembic import op

from evaluation.store.columns import SafeText, UtcTime, big_key

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "traffic_grade",
        sa.Column("id", big_key(), nullable=False),
        sa.Column("traffic_id", sa.BigInteger(), nullable=False),
        sa.Column("metric_key", SafeText(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("label", SafeText(), nullable=True),
        sa.Column("rationale", SafeText(), nullable=True),
        sa.Column("failure_kind", SafeText(), nullable=True),
        sa.Column("failure_message", SafeText(), nullable=True),
        sa.Column("scorer_version", SafeText(), nullable=False),
        sa.Column("flow_run_id", SafeText(), nullable=False),
        sa.Column("graded_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_traffic_grade"),
        sa.ForeignKeyConstraint(
            ["traffic_id"], ["traffic.id"], name="fk_traffic_grade_traffic_id_traffic", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["metric_key"], ["metric.key"], name="fk_traffic_grade_metric_key_metric", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("traffic_id", "metric_key", name="uq_traffic_grade_traffic_id_metric_key"),
    )
    op.create_index("ix_traffic_grade_metric_key", "traffic_grade", ["metric_key"])
