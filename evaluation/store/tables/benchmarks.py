"""Tables of benchmarks and their cases."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from evaluation.store.tables.row import METADATA, Row, json_field, key_field, text_field, time_field, whole_field


class BenchmarkTable(Row, table=True):
    """A benchmark version under a name; its metrics may change."""

    __tablename__ = "benchmark"
    __table_args__ = (sa.UniqueConstraint("version", "name"), sa.Index(None, "name", "saved_at"))

    id: int | None = key_field()
    version: str = text_field()
    name: str = text_field()
    task_type: str = text_field()
    prompt_system: str | None = text_field(null=True)
    prompt_template: str = text_field()
    options: dict[str, Any] = json_field()
    metrics: list[str] = json_field()
    headline: str = text_field()
    description: str = text_field()
    criteria: str = text_field()
    licence: str = text_field()
    source: str = text_field()
    format: str = text_field()
    field_use: dict[str, Any] | None = json_field(null=True)
    n_cases: int = whole_field()
    created_at: datetime = time_field()
    saved_at: datetime = time_field()


class BenchmarkCaseTable(Row, table=True):
    """A case of a benchmark version, shared by all names of that version."""

    __tablename__ = "benchmark_case"
    __table_args__ = (
        sa.UniqueConstraint("version", "case_id"),
        sa.Index(None, "version", "position"),
        sa.Index(None, "content_hash"),
    )

    id: int | None = key_field()
    version: str = text_field()
    case_id: str = text_field()
    position: int = whole_field()
    content_hash: str = text_field()
    content: dict[str, Any] = json_field()
    cluster: str | None = text_field(null=True)
    """Copy of the cluster in the content, for queries that need only this."""


benchmark = METADATA.tables["benchmark"]
benchmark_case = METADATA.tables["benchmark_case"]
