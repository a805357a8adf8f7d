"""Planned comparisons: what a comparison would compare, before it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedComparison:
    """Plan of a comparison of stored runs."""

    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    run_ids: tuple[str, ...]
    by: str | None
    """Key by which candidates would be grouped; None if each is a side of its own."""
    against: str | None
    """Label of the baseline."""
    sides: tuple[str, ...]
    """Labels."""
    metrics: tuple[str, ...]
    """Quality metrics, the headline first; then figures."""
    pairs: tuple[tuple[str, str], ...]
    """Labels of each pair of sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCandidate:
    """A candidate of a stored run."""

    run_id: str
    candidate: str
    """Label of the candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvaluation:
    """Plan of a comparison for candidates that are still to be evaluated on a benchmark."""

    benchmark: str
    """Name of the benchmark."""
    by: str | None
    """Key by which candidates would be grouped; None if each is a side of its own."""
    against: str | None
    """The baseline as named in the request."""
    evaluated: tuple[str, ...]
    """Labels of the candidates to evaluate."""
    stored: tuple[StoredCandidate, ...]
    """Candidates of stored runs of the same benchmark version."""
