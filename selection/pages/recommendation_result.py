"""A recommendation as its JSON has it: candidates with all that it takes to call them, numbers not rounded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from selection.answers import Adjustments, Expected, MeasuredQuality, Ranked, RankedCandidate, Recommendation, Reported
from selection.configuration import Configuration, configuration_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedResult(RankedCandidate[Configuration]):
    """A feasible candidate that was not chosen."""

    candidate: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedResult:
    """A candidate that was ruled out; the fields are those of `Removed`."""

    candidate: str
    """Label of the candidate."""
    constraint: str
    reason: str
    value: float | None
    limit: float | None
    quality: float | None = None
    """Its expected quality; null where it was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationResult:
    """The recommended candidate, or the reason for recommending none; the fields are those of `Recommendation`."""

    status: Literal["completed", "abstained"]
    id: str
    task: str | None
    candidate: Configuration | None
    measured: MeasuredQuality | None
    quality: Expected | None
    adjustments: Adjustments | None
    latency_s: Expected | None
    percentile: float
    """Percentile of the latencies."""
    cost_per_1k: Expected | None
    energy_j: Expected | None
    memory_gb: float | None
    reported: Reported | None
    reason: str
    alternatives: tuple[RankedResult, ...]
    pareto: tuple[str, ...]
    tied: tuple[str, ...]
    removed: tuple[RemovedResult, ...]
    n_cases: int
    decided_by: str
    tested_by: str | None
    notes: tuple[str, ...]
    created_at: datetime


def recommendation_result(recommendation: Recommendation, *, percentile: float) -> RecommendationResult:
    """Return the recommendation as its JSON has it.

    Args:
        recommendation: The recommendation.
        percentile: Percentile of its latencies.
    """
    return RecommendationResult(
        status="abstained" if recommendation.abstained else "completed",
        id=recommendation.id,
        task=recommendation.task,
        candidate=None if recommendation.candidate is None else configuration_of(recommendation.candidate),
        measured=recommendation.measured,
        quality=recommendation.quality,
        adjustments=recommendation.adjustments,
        latency_s=recommendation.latency_s,
        percentile=percentile,
        cost_per_1k=recommendation.cost_per_1k,
        energy_j=recommendation.energy_j,
        memory_gb=recommendation.memory_gb,
        reported=recommendation.reported,
        reason=recommendation.reason,
        alternatives=tuple(map(_ranked_result, recommendation.alternatives)),
        pareto=recommendation.pareto,
        tied=recommendation.tied,
        removed=tuple(
            RemovedResult(
                candidate=removal.candidate.label,
                constraint=removal.constraint,
                reason=removal.reason,
                value=removal.value,
                limit=removal.limit,
                quality=removal.quality,
            )
            for removal in recommendation.removed
        ),
        n_cases=recommendation.n_cases,
        decided_by=recommendation.decided_by,
        tested_by=recommendation.tested_by,
        notes=recommendation.notes,
        created_at=recommendation.created_at,
    )


def _ranked_result(ranked: Ranked) -> RankedResult:
    return RankedResult(
        candidate=configuration_of(ranked.candidate),
        utility=ranked.utility,
        measured=ranked.measured,
        quality=ranked.quality,
        adjustments=ranked.adjustments,
        latency_s=ranked.latency_s,
        cost_per_1k=ranked.cost_per_1k,
        energy_j=ranked.energy_j,
        memory_gb=ranked.memory_gb,
        is_tied=ranked.is_tied,
        is_pareto=ranked.is_pareto,
    )
