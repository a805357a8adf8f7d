"""Tables of calls in production."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

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


class TrafficImportTable(Row, table=True):
    """A file of calls, identified by its hash."""

    __tablename__ = "traffic_import"

    id: str = text_field(primary_key=True)
    source: str = text_field()
    n_calls: int = whole_field()
    """Calls of the file that were not stored before."""
    imported_at: datetime = time_field()


class TrafficTable(Row, table=True):
    """One call in production."""

    __tablename__ = "traffic"
    __table_args__ = (
        sa.UniqueConstraint("call_id"),
        sa.Index(None, "task", "candidate", "started_at"),
        sa.Index(None, "started_at"),
    )

    id: int | None = key_field()
    call_id: str = text_field()
    import_id: str | None = optional_parent_field("traffic_import.id")
    """None if recorded live."""
    task: str = text_field()
    candidate: str = text_field()
    started_at: datetime = time_field()
    duration_s: float = real_field(null=False)
    ok: bool
    error_type: str | None = text_field(null=True)
    prompt_tokens: int | None = whole_field(null=True)
    output_tokens: int | None = whole_field(null=True)
    input: str | None = text_field(null=True)
    """None unless keeping it was requested; the same applies to the output."""
    output: str | None = text_field(null=True)
    context: dict[str, Any] | None = json_field(null=True)
    """What stood around the question, as `evaluation.records.question_context` writes it."""


class TrafficStageTable(Row, table=True):
    """One step of a call in production."""

    __tablename__ = "traffic_stage"
    __table_args__ = (sa.UniqueConstraint("traffic_id", "position"),)

    id: int | None = key_field()
    traffic_id: int = parent_field("traffic.id")
    position: int = whole_field()
    name: str = text_field()
    duration_s: float = real_field(null=False)
    n_tokens: int | None = whole_field(null=True)


class TrafficGradeTable(Row, table=True):
    """What a judge found of a call in production: a value, or why there is none."""

    __tablename__ = "traffic_grade"
    __table_args__ = (sa.UniqueConstraint("traffic_id", "metric_key"), sa.Index(None, "metric_key"))

    id: int | None = key_field()
    traffic_id: int = parent_field("traffic.id")
    metric_key: str = parent_field("metric.key", big=False)
    value: float | None = real_field()
    """None if the judge gave no grade; the failure says why."""
    label: str | None = text_field(null=True)
    rationale: str | None = text_field(null=True)
    failure_kind: str | None = text_field(null=True)
    failure_message: str | None = text_field(null=True)
    scorer_version: str = text_field()
    flow_run_id: str = text_field()
    graded_at: datetime = time_field()


traffic_import = METADATA.tables["traffic_import"]
traffic = METADATA.tables["traffic"]
traffic_stage = METADATA.tables["traffic_stage"]
traffic_grade = METADATA.tables["traffic_grade"]
