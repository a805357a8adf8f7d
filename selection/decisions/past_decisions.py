"""Past recommendations with their outcomes: the rows that the analytics read."""

from dataclasses import dataclass
from datetime import datetime

from selection.preferences import TOLERANCE, Constraints, OnTie, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """A stored recommendation, with its outcome where one was reported."""

    id: str
    task: str | None
    prompt_hash: str | None
    prompt: str | None
    """Text of the prompt; None: it was not stored."""
    constraints: Constraints
    weights: Weights
    on_tie: OnTie
    candidate_key: str | None
    """None for an abstention."""
    candidate_label: str | None
    expected_quality: float | None
    expected_quality_se: float | None
    """Standard error, from the evidence of the time."""
    expected_latency_s: float | None
    """Expected latency at the percentile of the constraints."""
    tied: tuple[str, ...]
    """Candidates of the draw, where there was one."""
    decided_by: str
    created_at: datetime
    propensity: float | None
    """Probability with which this candidate was named, where it was drawn among the tied."""
    quality: float | None
    """Quality as reported; the same applies to the following fields."""
    latency_s: float | None
    ok: bool | None
    reported_at: datetime | None
    tolerance: float = TOLERANCE
    """Tolerance in points, as requested with `on_tie`."""

    @property
    def has_outcome(self) -> bool:
        """True if an outcome was reported."""
        return self.reported_at is not None
