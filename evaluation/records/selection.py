"""Records of selection: trained models, promotions, recommendations and imported scoreboards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionModelRecord:
    """A trained selection model without its stored bytes."""

    model_id: str
    """Equal for equal models: a model trained twice on the same evidence is stored once."""
    version: int
    """Counted from 1."""
    kind: str
    status: str
    """How its evaluation ended. The model in use is determined by promotions."""
    data_hash: str
    """Hash of the evidence that it was trained on."""
    code_version: str
    metrics: Mapping[str, Any]
    report: Mapping[str, object]
    """What the training found, as JSON has it: `selection` reads it."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A trained selection model as stored, with verified bytes."""

    record: SelectionModelRecord
    estimator: bytes | None
    """The trained estimator, for inspection or further training."""
    serving: bytes | None
    """The part that makes predictions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A change of the model in use."""

    promotion_id: int
    model_id: str | None
    """None if no model is in use from then on, and the scoreboard alone decides."""
    replaces_id: int | None
    """The previous promotion; None for the first."""
    restores_id: int | None
    """The promotion whose state a rollback restores."""
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """The model in use."""

    promotion_id: int | None
    """Promotion that the next one must name as replaced; None if nothing was ever promoted."""
    model: SelectionModelRecord | None
    """None if the scoreboard alone decides."""
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRecord:
    """A recommendation, its basis and its outcome."""

    recommendation_id: str
    task: str | None
    prompt_hash: str | None
    prompt: str | None
    """Also None if it was not to be kept."""
    constraints: Mapping[str, Any]
    weights: Mapping[str, Any]
    on_tie: str
    candidate_key: str | None
    """None for an abstention."""
    candidate_label: str | None
    expected: Mapping[str, Any]
    alternatives: tuple[Mapping[str, Any], ...]
    tied: tuple[str, ...]
    details: Mapping[str, Any] = field(default_factory=dict)
    """All further content, as plain JSON."""
    propensity: float | None = None
    """Probability with which this candidate was chosen, if it was drawn at random."""
    n_cases: int
    decided_by: str
    reason: str
    evidence_fingerprint: str
    code_version: str
    created_at: datetime
    quality: float | None = None
    """Quality as reported; the same applies to the following fields."""
    latency_s: float | None = None
    ok: bool | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedOutcome:
    """Reported outcome of a recommendation; None for values that were not reported."""

    recommendation_id: str
    quality: float | None = None
    latency_s: float | None = None
    ok: bool | None = None
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCase:
    """A question of an imported scoreboard."""

    task: str
    case_id: str
    prompt: str
    family: str | None = None
    """None if the case is its own family."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreboardContent:
    """An imported scoreboard, validated: columns of shape (n_rows,), NaN for missing values."""

    sha256: str
    """Hash of the file: the same file is one import."""
    name: str
    source: str
    """Path as given."""
    candidates: tuple[str, ...]
    cases: tuple[ImportedCase, ...]
    candidate: "NDArray[np.int64]"
    """Position in `candidates`."""
    case: "NDArray[np.int64]"
    """Position in `cases`."""
    quality: "NDArray[np.float64]"
    latency_s: "NDArray[np.float64]"
    cost_usd: "NDArray[np.float64]"
    energy_j: "NDArray[np.float64]"
    memory_gb: "NDArray[np.float64]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreboardRecord:
    """An imported scoreboard as stored."""

    import_id: str
    name: str
    source: str
    tasks: tuple[str, ...]
    candidates: tuple[str, ...]
    n_cases: int
    n_rows: int
    imported_at: datetime
