"""Which flow run a holder belongs to, which part of a run it works on, and how often the dead were made again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holder", sa.Column("flow_run_id", sa.Text(), nullable=True))
    op.add_column("holder", sa.Column("part", sa.Text(), nullable=True))
    op.create_table(
        "recovery",
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("n_restarts", sa.BigInteger(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("flow_run_id", name=op.f("pk_recovery")),
    )


def downgrade() -> None:
    raise NotImplementedError("a database goes back to an older schema from its backup alone")
