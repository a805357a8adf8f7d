"""Past recommendations with their outcomes: the rows that the analytics read."""

from dataclasses import dataclass
from datetime import datetime

from selection.preferences import TOLERANCE, Constraints, OnTie, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """A recommendation that was stored, with its outcome where one was reported."""

    id: str
    task: str | None
    prompt_hash: str | None
    prompt: str | None
    """Where it was kept."""
    constraints: Constraints
    weights: Weights
    on_tie: OnTie
    candidate_key: str | None
    """None: it abstained."""
    candidate_label: str | None
    expected_quality: float | None
    expected_quality_se: float | None
    """Of the evidence it rested on."""
    expected_latency_s: float | None
    """At the percentile of the constraints."""
    tied: tuple[str, ...]
    """Where one was drawn, those it was drawn among."""
    decided_by: str
    created_at: datetime
    propensity: float | None
    """The probability with which this candidate was named, where it was drawn among the tied."""
    quality: float | None
    """As reported, like those that follow."""
    latency_s: float | None
    ok: bool | None
    reported_at: datetime | None
    tolerance: float = TOLERANCE
    """In points, as `on_tie` was asked with."""

    @property
    def has_outcome(self) -> bool:
        """True where something was reported."""
        return self.reported_at is not None
