"""Records of scores and estimates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.records.candidates import MetricUse
from evaluation.scores import Estimate, Measurement, ScoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """A metric's result for one stored generation, to be stored."""

    generation_id: int
    metric: MetricUse
    measurement: Measurement | ScoreFailure
    scorer_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScore:
    """A metric's value for one case and repeat."""

    case_id: str
    repeat: int
    measurement: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRow:
    """A candidate's value in a run, with its uncertainty. Derived data that can be rebuilt."""

    run_candidate_id: int
    metric: MetricUse
    quantity: str = "mean"
    """Quantity of the metric: `mean`, `mean_with_failures_as_zero`, `p95`, …"""
    estimate: Estimate
    details: Mapping[str, Any] = field(default_factory=dict)
