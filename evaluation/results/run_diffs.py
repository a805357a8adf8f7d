"""Differences between two runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from evaluation.results.as_json import json_key
from evaluation.results.frames import REAL, TEXT, frame
from evaluation.results.rendering import ShownInNotebooks

if TYPE_CHECKING:
    import pandas as pd

Pairs = Mapping[str, tuple[object, object]]
"""Values of the first and the second run, by the name of a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffedMetric:
    """A metric's mean in one of the runs. None if the run has none."""

    value: float | None
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Upper end of the 95 % interval."""
    n_cases: int | None = field(metadata=json_key("n"))
    signature: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDifference:
    """A metric that a candidate has in both runs. The difference is not tested for chance; a comparison does that."""

    metric: str
    first: DiffedMetric
    second: DiffedMetric
    difference: float | None
    """Second value less first, in the metric's unit; None if the signatures differ or a value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDifferences:
    """Cases on which a candidate's headline values differ."""

    metric: str
    n_both: int
    """Cases that have a value in both runs."""
    better: tuple[str, ...]
    """Ids of the cases on which the second run is better."""
    worse: tuple[str, ...]
    """Ids of the cases on which the second run is worse."""
    only_in_first: tuple[str, ...]
    """Ids of the cases with a value only in the first run."""
    only_in_second: tuple[str, ...]
    """Ids of the cases with a value only in the second run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateDiff:
    """Differences of a candidate that is in both runs."""

    label: str = field(metadata=json_key("candidate"))
    parameters: Pairs
    """Differing parameters of the candidate."""
    scores: tuple[MetricDifference, ...]
    """Metrics of both runs."""
    cases: CaseDifferences | None
    """None if the runs asked different cases, or have no common headline metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiff(ShownInNotebooks):
    """Differences of two runs; equal values are omitted."""

    run_ids: tuple[str, str] = field(metadata=json_key("runs"))
    parameters: Pairs
    """Differing parameters of the runs."""
    only_in_first: tuple[str, ...]
    """Labels of the candidates only in the first run."""
    only_in_second: tuple[str, ...]
    """Labels of the candidates only in the second run."""
    candidates: tuple[CandidateDiff, ...]
    same_cases: bool
    """True if both runs asked the same benchmark version."""
    PAGES: ClassVar[str] = "evaluation.reports.notebook_views"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate and metric of both runs.

        Columns: `candidate` and `metric` (`string`), `first`, `second` and `difference` (`float64`).
        """
        rows = [
            {
                "candidate": candidate.label,
                "metric": score.metric,
                "first": score.first.value,
                "second": score.second.value,
                "difference": score.difference,
            }
            for candidate in self.candidates
            for score in candidate.scores
        ]
        return frame(rows, {"candidate": TEXT, "metric": TEXT, "first": REAL, "second": REAL, "difference": REAL})
