"""Tables of selection: trained models, promotions, recommendations and imported scoreboards."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

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


class SelectionModelTable(Row, table=True):
    """A trained selection model."""

    __tablename__ = "selection_model"
    __table_args__ = (sa.UniqueConstraint("version"),)

    id: str = text_field(primary_key=True)
    version: int = whole_field()
    """Counted from 1."""
    kind: str = text_field()
    status: str = text_field()
    """How its evaluation ended. The model in use is given by `promotion`."""
    data_hash: str = text_field()
    """Hash of the evidence that it was trained on."""
    code_version: str = text_field()
    metrics: dict[str, Any] = json_field()
    report: dict[str, Any] = json_field()
    estimator: bytes | None = Field(sa_type=sa.LargeBinary, nullable=True)
    """The trained estimator, for further training; never a pickle."""
    estimator_sha256: str | None = text_field(null=True)
    serving: bytes | None = Field(sa_type=sa.LargeBinary, nullable=True)
    """Arrays that make predictions."""
    serving_sha256: str | None = text_field(null=True)
    created_at: datetime = time_field()


class PromotionTable(Row, table=True):
    """A change of the model in use; the last row applies. Rows are only added."""

    __tablename__ = "promotion"
    __table_args__ = (sa.UniqueConstraint("replaces_id"),)

    id: int | None = key_field()
    model_id: str | None = optional_parent_field("selection_model.id")
    """None if no model is in use and the scoreboard alone decides."""
    replaces_id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger(), sa.ForeignKey("promotion.id"), nullable=True)
    )
    """The previous row; None for the first."""
    restores_id: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger(), sa.ForeignKey("promotion.id"), nullable=True)
    )
    """The row whose state a rollback restores."""
    reason: str = text_field()
    created_at: datetime = time_field()


class RecommendationTable(Row, table=True):
    """A recommendation, its basis and its outcome."""

    __tablename__ = "recommendation"
    __table_args__ = (
        sa.Index(None, "created_at"),
        # Outcomes are few beside what was recommended.
        sa.Index(
            "ix_recommendation_reported",
            "reported_at",
            sqlite_where=sa.text("reported_at IS NOT NULL"),
            postgresql_where=sa.text("reported_at IS NOT NULL"),
        ),
    )

    id: str = text_field(primary_key=True)
    task: str | None = text_field(null=True)
    prompt_hash: str | None = text_field(null=True)
    prompt: str | None = text_field(null=True)
    """Beginning of the prompt; None unless keeping it was requested."""
    constraints: dict[str, Any] = json_field()
    weights: dict[str, Any] = json_field()
    on_tie: str = text_field()
    candidate_key: str | None = text_field(null=True)
    """None for an abstention."""
    candidate_label: str | None = text_field(null=True)
    expected: dict[str, Any] = json_field()
    alternatives: list[dict[str, Any]] = json_field()
    tied: list[str] = json_field()
    details: dict[str, Any] = json_field()
    """All further content."""
    propensity: float | None = real_field()
    """Probability with which this candidate was chosen, if it was drawn at random."""
    n_cases: int = whole_field()
    decided_by: str = text_field()
    reason: str = text_field()
    evidence_fingerprint: str = text_field()
    code_version: str = text_field()
    created_at: datetime = time_field()
    quality: float | None = real_field()
    """Quality as reported; the same applies to the following fields."""
    latency_s: float | None = real_field()
    ok: bool | None = Field(sa_column=sa.Column(sa.Boolean(), nullable=True))
    reported_at: datetime | None = time_field(null=True)


class ScoreboardImportTable(Row, table=True):
    """A file of external results, identified by its hash."""

    __tablename__ = "scoreboard_import"

    id: str = text_field(primary_key=True)
    name: str = text_field()
    source: str = text_field()
    tasks: list[str] = json_field()
    candidates: list[str] = json_field()
    n_cases: int = whole_field()
    n_rows: int = whole_field()
    imported_at: datetime = time_field()


class ScoreboardCaseTable(Row, table=True):
    """A question of an import."""

    __tablename__ = "scoreboard_case"
    __table_args__ = (sa.UniqueConstraint("import_id", "position"),)

    id: int | None = key_field()
    import_id: str = parent_field("scoreboard_import.id", big=False)
    position: int = whole_field()
    task: str = text_field()
    case_id: str = text_field()
    family: str | None = text_field(null=True)
    prompt: str = text_field()


class ScoreboardRowTable(Row, table=True):
    """A row of an import: quality and costs of a candidate on a case."""

    __tablename__ = "scoreboard_row"
    __table_args__ = (sa.UniqueConstraint("import_id", "position"),)

    id: int | None = key_field()
    import_id: str = parent_field("scoreboard_import.id", big=False)
    position: int = whole_field()
    case_position: int = whole_field()
    """Index into the import's cases."""
    candidate_position: int = whole_field()
    """Index into the import's list of candidates."""
    quality: float = real_field(null=False)
    latency_s: float | None = real_field()
    cost_usd: float | None = real_field()
    energy_j: float | None = real_field()
    memory_gb: float | None = real_field()


class EvidenceChangeTable(Row, table=True):
    """Number of changes to the evidence, in one row that triggers increment; without a row on PostgreSQL."""

    __tablename__ = "evidence_change"

    id: int | None = key_field()
    n_changes: int = whole_field()


class KeptScoreboardTable(Row, table=True):
    """Content computed from the evidence, in one row."""

    __tablename__ = "kept_scoreboard"

    id: int | None = key_field()
    n_changes: int = whole_field()
    """Number of changes of the evidence from which it was computed."""
    made_by: str = text_field()
    """Hash of the code that computed it; other code computes it again."""
    content: bytes = Field(sa_type=sa.LargeBinary, nullable=False)
    """Arrays, never a pickle."""


selection_model = METADATA.tables["selection_model"]
promotion = METADATA.tables["promotion"]
recommendation = METADATA.tables["recommendation"]
scoreboard_import = METADATA.tables["scoreboard_import"]
scoreboard_case = METADATA.tables["scoreboard_case"]
scoreboard_row = METADATA.tables["scoreboard_row"]
