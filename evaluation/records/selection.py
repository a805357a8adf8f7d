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
    """A trained selection model, without what it was stored as."""

    model_id: str
    """The same for the same model: trained twice on the same evidence, it is stored once."""
    version: int
    """Counted from 1."""
    kind: str
    status: str
    """How its evaluation ended. Which model decides is what promotions say."""
    data_hash: str
    """Of the evidence it was trained on."""
    code_version: str
    metrics: Mapping[str, Any]
    report: Mapping[str, object]
    """What the training found, as JSON has it: `selection` reads it."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A trained selection model as it was stored, its bytes verified."""

    record: SelectionModelRecord
    estimator: bytes | None
    """What was trained, to be looked into or trained on from."""
    serving: bytes | None
    """What answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A change of the model that decides."""

    promotion_id: int
    model_id: str | None
    """None: from then on no model decided, but the scoreboard alone."""
    replaces_id: int | None
    """The promotion that held before; None for the first."""
    restores_id: int | None
    """The promotion whose state a rollback came back to."""
    reason: str
    created_at: datetime

    @property
    def is_rollback(self) -> bool:
        """True where it took another one back."""
        return self.restores_id is not None or (self.model_id is None and self.replaces_id is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """Who decides."""

    promotion_id: int | None
    """What a promotion must name as replaced; None: nothing was ever promoted."""
    model: SelectionModelRecord | None
    """None: the scoreboard alone."""
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRecord:
    """What was recommended, on which ground, and what came of it."""

    recommendation_id: str
    task: str | None
    prompt_hash: str | None
    prompt: str | None
    """None also where it was asked not to be kept."""
    constraints: Mapping[str, Any]
    weights: Mapping[str, Any]
    on_tie: str
    candidate_key: str | None
    """None: it abstained."""
    candidate_label: str | None
    expected: Mapping[str, Any]
    alternatives: tuple[Mapping[str, Any], ...]
    tied: tuple[str, ...]
    details: Mapping[str, Any] = field(default_factory=dict)
    """All else that was said, as plain JSON."""
    propensity: float | None = None
    """With which probability this candidate was named, where it was drawn."""
    n_cases: int
    decided_by: str
    reason: str
    evidence_fingerprint: str
    code_version: str
    created_at: datetime
    quality: float | None = None
    """As reported, like those that follow."""
    latency_s: float | None = None
    ok: bool | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedOutcome:
    """What came of a recommendation; None: nothing was said of that."""

    recommendation_id: str
    quality: float | None = None
    latency_s: float | None = None
    ok: bool | None = None
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCase:
    """A question of a scoreboard from elsewhere."""

    task: str
    case_id: str
    prompt: str
    family: str | None = None
    """None: it is a family alone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreboardContent:
    """A scoreboard from elsewhere, checked: rows in columns, shape (n_rows,), NaN where nothing was said."""

    sha256: str
    """Of the file: the same file is one import."""
    name: str
    source: str
    """The path as it was given."""
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
    """A scoreboard from elsewhere, as stored."""

    import_id: str
    name: str
    source: str
    tasks: tuple[str, ...]
    candidates: tuple[str, ...]
    n_cases: int
    n_rows: int
    imported_at: datetime
