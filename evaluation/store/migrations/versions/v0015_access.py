"""Keys, changes and repeated requests of the HTTP interface."""

import sqlalchemy as sa
from alembic import op

from evaluation.store.columns import SafeText, UtcTime, big_key, json_column

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        "api_key",
        sa.Column("id", SafeText(), nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("scopes", json_column(), nullable=False),
        sa.Column("secret_hash", SafeText(), nullable=False),
        sa.Column("rate", SafeText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", big_key(), nullable=False, autoincrement=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("key_id", SafeText(), nullable=True),
        sa.Column("key_name", SafeText(), nullable=False),
        sa.Column("method", SafeText(), nullable=False),
        sa.Column("path", SafeText(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("request_id", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_table(
        "idempotent_request",
        sa.Column("id", big_key(), nullable=False, autoincrement=True),
        sa.Column("owner", SafeText(), nullable=False),
        sa.Column("path", SafeText(), nullable=False),
        sa.Column("idempotency_key", SafeText(), nullable=False),
        sa.Column("body_hash", SafeText(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("body", SafeText(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_idempotent_request"),
        sa.UniqueConstraint(
            "owner", "path", "idempotency_key", name="uq_idempotent_request_owner_path_idempotency_key"
        ),
    )
    op.create_index("ix_idempotent_request_created_at", "idempotent_request", ["created_at"])
