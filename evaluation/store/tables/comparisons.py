"""Tables of comparisons, race decisions and sweeps."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from evaluation.store.columns import SafeText
from evaluation.store.tables.row import (
    METADATA,
    Row,
    json_field,
    key_field,
    optional_parent_field,
    parent_field,
    real_field,
    text_field,
    time_field,
    whole_field,
)


class ComparisonTable(Row, table=True):
    """A comparison of candidates on one benchmark version: the request, and the code that computed it."""

    __tablename__ = "comparison"
    __table_args__ = (sa.Index(None, "created_at"), sa.Index(None, "experiment_id"))

    id: str = text_field(primary_key=True)
    experiment_id: str | None = optional_parent_field("experiment.id")
    benchmark_version: str = text_field()
    benchmark_name: str = text_field()
    run_ids: list[str] = json_field()
    request: dict[str, Any] = json_field()
    result: dict[str, Any] = json_field()
    """Everything except the pairs, which have their own rows."""
    code_version: str = text_field()
    created_at: datetime = time_field()


class ComparisonPairTable(Row, table=True):
    """Two sides of a comparison on one metric. Derived from scores, so that it can be rebuilt."""

    __tablename__ = "comparison_pair"
    __table_args__ = (
        sa.UniqueConstraint("comparison_id", "position"),
        # The history of one pair is read along this one.
        sa.Index(None, "a_key", "b_key", "metric_key"),
    )

    id: int | None = key_field()
    comparison_id: str = parent_field("comparison.id", big=False)
    position: int = whole_field()
    metric_key: str = parent_field("metric.key", big=False)
    a: str = text_field()
    b: str = text_field()
    a_key: str = text_field()
    """Identity of the side, independent of its label: its candidate's fingerprint, or the value it was grouped by."""
    b_key: str = text_field()
    verdict: str = text_field()
    difference: float | None = real_field()
    low: float | None = real_field()
    high: float | None = real_field()
    p_value: float | None = real_field()
    p_adjusted: float | None = real_field()
    n_pairs: int = whole_field()
    method: str = text_field()
    effect_size: float | None = real_field()
    mde: float | None = real_field()
    details: dict[str, Any] = json_field()


class RaceTable(Row, table=True):
    """A race of the candidates of an invocation."""

    __tablename__ = "race"

    invocation_id: str = Field(
        sa_column=sa.Column(
            SafeText(), sa.ForeignKey("invocation.id", ondelete="CASCADE"), primary_key=True, nullable=False
        )
    )
    request: dict[str, Any] = json_field()
    result: dict[str, Any] | None = json_field(null=True)
    code_version: str = text_field()
    created_at: datetime = time_field()
    finished_at: datetime | None = time_field(null=True)


class RaceDecisionTable(Row, table=True):
    """When and on which evidence a candidate was kept or dropped."""

    __tablename__ = "race_decision"
    __table_args__ = (sa.UniqueConstraint("invocation_id", "position"),)

    id: int | None = key_field()
    invocation_id: str = parent_field("race.invocation_id", big=False)
    position: int = whole_field()
    look: int = whole_field()
    """Number of the look, from 1; all decisions of one look are based on the same cases."""
    candidate_fingerprint: str = text_field()
    label: str = text_field()
    decision: str = text_field()
    n_cases: int = whole_field()
    reason: str = text_field()
    evidence: dict[str, Any] = json_field()
    decided_at: datetime = time_field()


class SweepTable(Row, table=True):
    """A space of parameters whose combinations are the candidates of an invocation."""

    __tablename__ = "sweep"

    invocation_id: str = Field(
        sa_column=sa.Column(
            SafeText(), sa.ForeignKey("invocation.id", ondelete="CASCADE"), primary_key=True, nullable=False
        )
    )
    request: dict[str, Any] = json_field()
    combinations: list[dict[str, Any]] = json_field()
    """Parameter values of each combination, in the order of the candidates."""
    result: dict[str, Any] | None = json_field(null=True)
    code_version: str = text_field()
    created_at: datetime = time_field()
    finished_at: datetime | None = time_field(null=True)


comparison = METADATA.tables["comparison"]
comparison_pair = METADATA.tables["comparison_pair"]
race = METADATA.tables["race"]
race_decision = METADATA.tables["race_decision"]
sweep = METADATA.tables["sweep"]
