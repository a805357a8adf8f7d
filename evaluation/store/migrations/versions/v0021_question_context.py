"""What stood around the question of a call in production, where texts are kept."""

import sqlalchemy as sa
from alembic import op

from evaluation.store.columns import json_column

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add a column; of earlier calls nothing is known."""
    op.add_column("traffic", sa.Column("context", json_column(), nullable=True))
