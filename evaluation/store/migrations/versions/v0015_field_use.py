"""What became of the fields of a benchmark's file: read under another name, kept in details, ignored."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("benchmark", sa.Column("field_use", sa.JSON(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a database goes back to an older schema from its backup alone")
