"""Tables of the gateway: policies with their changes, trials, served calls, and upgrades of models."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from evaluation.store.tables.row import (
    METADATA,
    Row,
    json_field,
    key_field,
    parent_field,
    real_field,
    text_field,
    time_field,
    whole_field,
)


class PolicyTable(Row, table=True):
    """A name that clients give instead of a model's."""

    __tablename__ = "policy"
    __table_args__ = (
        sa.Index(
            "uq_policy_name",
            "name",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: str = text_field(primary_key=True)
    name: str = text_field()
    task: str | None = text_field(null=True)
    question: dict[str, Any] = json_field()
    candidate_key: str = text_field()
    candidate_label: str = text_field()
    recommendation_id: str | None = text_field(null=True)
    budget: dict[str, Any] = json_field()
    when_spent: str = text_field()
    prices: dict[str, Any] | None = json_field(null=True)
    keeps_texts: bool
    watches_upgrades: bool
    margin: float = real_field(null=False)
    created_at: datetime = time_field()
    updated_at: datetime = time_field()
    ended_at: datetime | None = time_field(null=True)


class PolicyChangeTable(Row, table=True):
    """One change of a policy. Rows are only added."""

    __tablename__ = "policy_change"
    __table_args__ = (sa.Index(None, "policy_id", "at"),)

    id: int | None = key_field()
    policy_id: str = parent_field("policy.id", big=False)
    at: datetime = time_field()
    kind: str = text_field()
    by: str = text_field()
    details: dict[str, Any] = json_field()


class TrialTable(Row, table=True):
    """A comparison on calls in production."""

    __tablename__ = "trial"
    __table_args__ = (
        sa.Index(
            "uq_trial_policy_id",
            "policy_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: str = text_field(primary_key=True)
    policy_id: str = parent_field("policy.id", big=False)
    mode: str = text_field()
    champion_key: str = text_field()
    champion_label: str = text_field()
    challenger_key: str = text_field()
    challenger_label: str = text_field()
    share: float = real_field(null=False)
    started_at: datetime = time_field()
    ended_at: datetime | None = time_field(null=True)
    verdict: str | None = text_field(null=True)
    details: dict[str, Any] = json_field()


class ServedCallTable(Row, table=True):
    """What the gateway knows of a call beyond its row of traffic."""

    __tablename__ = "served_call"
    __table_args__ = (
        sa.Index(None, "policy_id", "started_at"),
        sa.Index(None, "key_id", "started_at"),
        sa.Index(None, "trial_id", "started_at"),
    )

    traffic_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger(), sa.ForeignKey("traffic.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        )
    )
    started_at: datetime = time_field()
    """As in the row of traffic; repeated here for the indexes."""
    endpoint: str | None = text_field(null=True)
    candidate_key: str | None = text_field(null=True)
    policy_id: str | None = text_field(null=True)
    key_id: str | None = text_field(null=True)
    recommendation_id: str | None = text_field(null=True)
    trial_id: str | None = text_field(null=True)
    is_challenger: bool
    is_shadow: bool
    conversation: str | None = text_field(null=True)
    prompt_hash: str | None = text_field(null=True)
    prompt_characters: int | None = whole_field(null=True)
    first_token_s: float | None = real_field()
    tokens: int = whole_field()
    gpu_s: float = real_field(null=False)
    joules: float = real_field(null=False)
    usd: float = real_field(null=False)


class UpgradeTable(Row, table=True):
    """A change under the name of a model that policies use."""

    __tablename__ = "upgrade"
    __table_args__ = (sa.UniqueConstraint("endpoint", "model", "kind", "before", "after"), sa.Index(None, "found_at"))

    id: str = text_field(primary_key=True)
    found_at: datetime = time_field()
    kind: str = text_field()
    endpoint: str = text_field()
    model: str = text_field()
    before: str = text_field()
    after: str = text_field()
    policy_ids: list[str] = json_field()
    state: str = text_field()
    verdict: str | None = text_field(null=True)
    details: dict[str, Any] = json_field()
    alert_id: str | None = text_field(null=True)
    decided_at: datetime | None = time_field(null=True)
    decided_by: str | None = text_field(null=True)


policy = METADATA.tables["policy"]
policy_change = METADATA.tables["policy_change"]
trial = METADATA.tables["trial"]
served_call = METADATA.tables["served_call"]
upgrade = METADATA.tables["upgrade"]
