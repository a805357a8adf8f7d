"""The page on which a passage ends."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; of the passages that are stored it is not known."""
    op.add_column("passage", sa.Column("last_page", sa.BigInteger(), nullable=True))
