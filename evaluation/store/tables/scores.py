"""Tables of metrics, scores, embeddings and estimates."""

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


class MetricTable(Row, table=True):
    """A metric's signature, stored once: with a JSON schema in it, it may be long."""

    __tablename__ = "metric"

    key: str = text_field(primary_key=True)
    name: str = text_field()
    signature: str = text_field()


class ScoreTable(Row, table=True):
    """A metric's value for a generation."""

    __tablename__ = "score"
    __table_args__ = (
        sa.UniqueConstraint("generation_id", "metric_key"),
        # Evidence is read from this one alone, without touching rationales.
        sa.Index(None, "generation_id", "metric_key", "value"),
    )

    id: int | None = key_field()
    generation_id: int = parent_field("generation.id")
    metric_key: str = parent_field("metric.key", big=False)
    value: float = real_field(null=False)
    label: str | None = text_field(null=True)
    rationale: str | None = text_field(null=True)
    evidence: list[Any] = json_field()
    scorer_version: str = text_field()
    scored_at: datetime = time_field()


class ScoreFailureTable(Row, table=True):
    """A score that could not be obtained."""

    __tablename__ = "score_failure"
    __table_args__ = (sa.UniqueConstraint("generation_id", "metric_key"),)

    id: int | None = key_field()
    generation_id: int = parent_field("generation.id")
    metric_key: str = parent_field("metric.key", big=False)
    kind: str = text_field()
    message: str = text_field()
    scorer_version: str = text_field()
    failed_at: datetime = time_field()


class EmbeddingTable(Row, table=True):
    """A text's embedding, stored so that each text is embedded only once."""

    __tablename__ = "embedding"

    model_key: str = text_field(primary_key=True)
    """Hash of the model's name and digest."""
    text_hash: str = text_field(primary_key=True)
    vector: bytes = Field(sa_type=sa.LargeBinary, nullable=False)
    """32-bit floats, little-endian."""
    embedded_at: datetime = time_field()


class EstimateTable(Row, table=True):
    """A candidate's value in a run."""

    __tablename__ = "estimate"
    __table_args__ = (sa.UniqueConstraint("run_candidate_id", "metric_key", "quantity"), sa.Index(None, "metric_key"))

    id: int | None = key_field()
    run_candidate_id: int = parent_field("run_candidate.id")
    metric_key: str = parent_field("metric.key", big=False)
    quantity: str = text_field()
    value: float = real_field(null=False)
    low: float | None = real_field()
    high: float | None = real_field()
    n_cases: int = whole_field()
    method: str = text_field()
    confidence_level: float = real_field(null=False)
    details: dict[str, Any] = json_field()
    estimated_at: datetime = time_field()


metric = METADATA.tables["metric"]
score = METADATA.tables["score"]
score_failure = METADATA.tables["score_failure"]
embedding = METADATA.tables["embedding"]
estimate = METADATA.tables["estimate"]
