"""What embedding an index took, once: its texts and their tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the columns; of earlier indexes neither is known."""
    op.add_column("corpus_index", sa.Column("n_embedded", sa.BigInteger(), nullable=True))
    op.add_column("corpus_index", sa.Column("embedded_tokens", sa.BigInteger(), nullable=True))
