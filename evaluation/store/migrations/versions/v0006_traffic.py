"""Calls in production, their steps, and the files of calls that were imported."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _key() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        "traffic_import",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("n_calls", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic_import")),
    )
    op.create_table(
        "traffic",
        _key(),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("error_type", sa.Text(), nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("input", sa.Text(), nullable=True),
        sa.Column("output", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["traffic_import.id"],
            name=op.f("fk_traffic_import_id_traffic_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic")),
        sa.UniqueConstraint("call_id", name=op.f("uq_traffic_call_id")),
    )
    op.create_index(
        op.f("ix_traffic_task_candidate_started_at"), "traffic", ["task", "candidate", "started_at"], unique=False
    )
    op.create_index(op.f("ix_traffic_started_at"), "traffic", ["started_at"], unique=False)
    op.create_table(
        "traffic_stage",
        _key(),
        sa.Column("traffic_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("n_tokens", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["traffic_id"], ["traffic.id"], name=op.f("fk_traffic_stage_traffic_id_traffic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic_stage")),
        sa.UniqueConstraint("traffic_id", "position", name=op.f("uq_traffic_stage_traffic_id_position")),
    )


def downgrade() -> None:
    raise NotImplementedError("a database goes back to an older schema from its backup alone")
