"""Differences between two runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.results.as_json import json_key

Pairs = Mapping[str, tuple[object, object]]
"""The first run's value and the second one's, by the name of a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffedMetric:
    """A metric's mean in one of the runs. None: it has none."""

    value: float | None
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Upper end of the 95 % interval."""
    n_cases: int | None = field(metadata=json_key("n"))
    signature: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDifference:
    """A metric that a candidate has in both runs. It says nothing of chance: a comparison does."""

    metric: str
    first: DiffedMetric
    second: DiffedMetric
    difference: float | None
    """The second value less the first, in the metric's unit; None where the signatures differ or a value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDifferences:
    """Cases on which a candidate's value of the headline metric differs."""

    metric: str
    n_both: int
    """Cases that have a value in both runs."""
    better: tuple[str, ...]
    """Ids of cases on which the second run is better."""
    worse: tuple[str, ...]
    """Ids of cases on which the second run is worse."""
    only_in_first: tuple[str, ...]
    """Ids of cases that have a value in the first run alone."""
    only_in_second: tuple[str, ...]
    """Ids of cases that have a value in the second run alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateDiff:
    """How a candidate of both runs differs."""

    label: str = field(metadata=json_key("candidate"))
    parameters: Pairs
    """What differs of the candidate."""
    scores: tuple[MetricDifference, ...]
    """Metrics that both have."""
    cases: CaseDifferences | None
    """None where the runs asked different cases, or have no headline metric in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiff:
    """How two runs differ; what is equal is left out."""

    run_ids: tuple[str, str] = field(metadata=json_key("runs"))
    parameters: Pairs
    """What differs of the runs."""
    only_in_first: tuple[str, ...]
    """Labels of candidates of the first run alone."""
    only_in_second: tuple[str, ...]
    """Labels of candidates of the second run alone."""
    candidates: tuple[CandidateDiff, ...]
    same_cases: bool
    """True where both asked the same benchmark version."""
