"""Results of experiments: facts, runs, comparisons and notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from evaluation.records import AnnotationRecord, ComparisonSummary, Status
from evaluation.results.as_json import MERGED, json_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentFacts:
    """What an experiment is, without what its runs found."""

    name: str = field(metadata=json_key("experiment"))
    experiment_id: str
    question: str
    """What it is to find out."""
    description: str
    template: Mapping[str, object] | None
    """Fields of an evaluation request that its runs have in common; None where they have none."""
    tags: tuple[str, ...]
    is_favourite: bool = field(metadata=json_key("favourite"))
    is_archived: bool = field(metadata=json_key("archived"))
    created_at: datetime
    run_ids: tuple[str, ...]
    """In the order in which they were added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HighestValue:
    """The candidate of a run with the best headline value; this is not a verdict."""

    label: str = field(metadata=json_key("candidate"))
    value: float
    """In the headline metric's unit."""
    low: float | None
    """Lower end of the 95 % interval; None where there is no interval."""
    high: float | None
    """Upper end of the 95 % interval; None where there is no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRun:
    """One run of an experiment, in a line."""

    run_id: str
    status: Status
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    started_at: datetime | None
    n_cases: int
    """Cases that were chosen."""
    n_repeats: int = field(metadata=json_key("repeats"))
    """How often each case was asked."""
    candidates: tuple[str, ...]
    """Labels."""
    headline: str
    """Word of the metric that ranks the candidates."""
    highest: HighestValue | None
    """None where nobody has a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult:
    """An experiment in full."""

    facts: ExperimentFacts = field(metadata=MERGED)
    runs: tuple[ExperimentRun, ...]
    comparisons: tuple[ComparisonSummary, ...]
    """The oldest first."""
    annotations: tuple[AnnotationRecord, ...]
    """What people noted on it, its runs and its comparisons."""
