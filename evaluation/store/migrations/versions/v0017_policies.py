"""Policies of the gateway, trials, served calls, upgrades of models, and budgets of keys."""

import sqlalchemy as sa
from alembic import op

from evaluation.store.columns import SafeText, UtcTime, big_key, json_column

revision = "0017"
down_revision = "0016"

_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Add five tables and a column."""
    op.add_column("api_key", sa.Column("budget", json_column(), nullable=True))
    _policies()
    _calls()
    op.create_table(
        "upgrade",
        sa.Column("id", SafeText(), nullable=False),
        sa.Column("found_at", UtcTime(), nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("endpoint", SafeText(), nullable=False),
        sa.Column("model", SafeText(), nullable=False),
        sa.Column("before", SafeText(), nullable=False),
        sa.Column("after", SafeText(), nullable=False),
        sa.Column("policy_ids", json_column(), nullable=False),
        sa.Column("state", SafeText(), nullable=False),
        sa.Column("verdict", SafeText(), nullable=True),
        sa.Column("details", json_column(), nullable=False),
        sa.Column("alert_id", SafeText(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("decided_by", SafeText(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_upgrade"),
        sa.UniqueConstraint(
            "endpoint", "model", "kind", "before", "after", name="uq_upgrade_endpoint_model_kind_before_after"
        ),
    )
    op.create_index("ix_upgrade_found_at", "upgrade", ["found_at"])


def _policies() -> None:
    op.create_table(
        "policy",
        sa.Column("id", SafeText(), nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("task", SafeText(), nullable=True),
        sa.Column("question", json_column(), nullable=False),
        sa.Column("candidate_key", SafeText(), nullable=False),
        sa.Column("candidate_label", SafeText(), nullable=False),
        sa.Column("recommendation_id", SafeText(), nullable=True),
        sa.Column("budget", json_column(), nullable=False),
        sa.Column("when_spent", SafeText(), nullable=False),
        sa.Column("prices", json_column(), nullable=True),
        sa.Column("keeps_texts", sa.Boolean(), nullable=False),
        sa.Column("watches_upgrades", sa.Boolean(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_policy"),
    )
    op.create_index("uq_policy_name", "policy", ["name"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_table(
        "policy_change",
        sa.Column("id", big_key(), nullable=False, autoincrement=True),
        sa.Column("policy_id", SafeText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("details", json_column(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_change"),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], ondelete="CASCADE", name="fk_policy_change_policy_id_policy"
        ),
    )
    op.create_index("ix_policy_change_policy_id_at", "policy_change", ["policy_id", "at"])


def _calls() -> None:
    op.create_table(
        "trial",
        sa.Column("id", SafeText(), nullable=False),
        sa.Column("policy_id", SafeText(), nullable=False),
        sa.Column("mode", SafeText(), nullable=False),
        sa.Column("champion_key", SafeText(), nullable=False),
        sa.Column("champion_label", SafeText(), nullable=False),
        sa.Column("challenger_key", SafeText(), nullable=False),
        sa.Column("challenger_label", SafeText(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("verdict", SafeText(), nullable=True),
        sa.Column("details", json_column(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trial"),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], ondelete="CASCADE", name="fk_trial_policy_id_policy"),
    )
    op.create_index(
        "uq_trial_policy_id", "trial", ["policy_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "served_call",
        sa.Column("traffic_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("endpoint", SafeText(), nullable=True),
        sa.Column("candidate_key", SafeText(), nullable=True),
        sa.Column("policy_id", SafeText(), nullable=True),
        sa.Column("key_id", SafeText(), nullable=True),
        sa.Column("recommendation_id", SafeText(), nullable=True),
        sa.Column("trial_id", SafeText(), nullable=True),
        sa.Column("is_challenger", sa.Boolean(), nullable=False),
        sa.Column("is_shadow", sa.Boolean(), nullable=False),
        sa.Column("conversation", SafeText(), nullable=True),
        sa.Column("prompt_hash", SafeText(), nullable=True),
        sa.Column("prompt_characters", sa.BigInteger(), nullable=True),
        sa.Column("first_token_s", sa.Double(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("gpu_s", sa.Double(), nullable=False),
        sa.Column("joules", sa.Double(), nullable=False),
        sa.Column("usd", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("traffic_id", name="pk_served_call"),
        sa.ForeignKeyConstraint(
            ["traffic_id"], ["traffic.id"], ondelete="CASCADE", name="fk_served_call_traffic_id_traffic"
        ),
    )
    for owner in ("policy_id", "key_id", "trial_id"):
        op.create_index(f"ix_served_call_{owner}_started_at", "served_call", [owner, "started_at"])
