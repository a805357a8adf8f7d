"""How long a user waits for the answer of a pipeline, with what it says of the answer."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column; of earlier answers it is not known, and the sum of their stages stands in for it."""
    op.add_column("trace", sa.Column("wait_s", sa.Double(), nullable=True))
