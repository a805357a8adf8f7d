"""Planned comparisons: what a comparison would compare, before it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedComparison:
    """What a comparison of stored runs would compare."""

    benchmark: str
    """Its name."""
    benchmark_version: str
    run_ids: tuple[str, ...]
    by: str | None
    """The key along which candidates would be put together; None: each is a side of its own."""
    against: str | None
    """The label of the baseline."""
    sides: tuple[str, ...]
    """Labels."""
    metrics: tuple[str, ...]
    """Of quality, the headline first; then figures."""
    pairs: tuple[tuple[str, str], ...]
    """Labels of each two sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCandidate:
    """A candidate of a stored run."""

    run_id: str
    candidate: str
    """Its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvaluation:
    """What candidates that are still to be evaluated on a benchmark would be compared with."""

    benchmark: str
    """Its name."""
    by: str | None
    """The key along which candidates would be put together; None: each is a side of its own."""
    against: str | None
    """The baseline, as it was named."""
    evaluated: tuple[str, ...]
    """Labels of the candidates."""
    stored: tuple[StoredCandidate, ...]
    """Those of the stored runs of the same benchmark version."""
