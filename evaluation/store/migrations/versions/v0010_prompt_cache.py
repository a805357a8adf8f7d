"""What a server had kept of the prompt of an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FIGURES = ("case_id", "total_s", "load_s", "cold", "reused", "prompt_tokens", "output_tokens", "energy_j")


def upgrade() -> None:
    op.add_column("generation", sa.Column("cached_tokens", sa.BigInteger(), nullable=True))
    op.add_column("generation", sa.Column("prompt_state", sa.Text(), nullable=True))
    op.drop_index("ix_generation_figures", table_name="generation")
    figures = ["run_candidate_id", "id", *_FIGURES, "prompt_state"]
    op.create_index("ix_generation_figures", "generation", figures, unique=False)


def downgrade() -> None:
    raise NotImplementedError("a database goes back to an older schema from its backup alone")
