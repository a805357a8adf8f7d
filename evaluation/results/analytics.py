"""Results of looking at what is stored as a whole: over time, by task and metric, and how metrics go together."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from evaluation.results.as_json import MERGED
from evaluation.results.estimates import MetricEstimate
from evaluation.results.frames import REAL, TEXT, WHOLE, ShownInNotebooks, columns_of, frame, row_of
from evaluation.results.listings import FieldListing
from evaluation.results.monitoring import AnomalyResult, Insight, SeriesResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownRow:
    """Value of a metric for a candidate in a run."""

    task: str | None
    """Type of the benchmark's task; None if it has none."""
    benchmark: str
    benchmark_version: str
    run_id: str
    candidate: str
    """Label, unique within the run."""
    metric: str
    signature: str
    """The metric with its options and its version: values are comparable where it is the same."""
    higher_is_better: bool
    estimate: MetricEstimate = field(metadata=MERGED)
    """Mean over cases."""


class Breakdown(FieldListing[BreakdownRow]):
    """Values of the metrics of runs, by task, benchmark, metric and candidate; nobody is called better here."""

    ROW = BreakdownRow

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per run, candidate and metric; columns: its fields and the estimate's."""
        own = columns_of(BreakdownRow, leaving_out=("estimate",), rest=TEXT)
        of_estimate = {"value": REAL, "low": REAL, "high": REAL, "n_cases": WHOLE, "method": TEXT}
        return frame([row_of(each, own) | row_of(each.estimate, of_estimate) for each in self], {**own, **of_estimate})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCorrelation:
    """Spearman's rank correlation of two metrics over the cases of one candidate."""

    candidate: str
    """Label, unique within the run."""
    first: str
    """Name of a metric, as in the run's result."""
    second: str
    correlation: float | None
    """From -1 to 1; None where one of the two does not vary, or there are too few cases."""
    low: float | None
    """Lower end of the 95 % interval; None where there is none."""
    high: float | None
    n_cases: int
    """Cases with a value of both; with clusters, the number of clusters."""
    p_value: float | None
    """Two-sided p-value; None if not tested."""
    p_adjusted: float | None
    """Holm-adjusted over all pairs of metrics and candidates of the run."""
    is_shown: bool
    """True if chance does not explain it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationsResult(ShownInNotebooks):
    """How the metrics of a run go together, candidate by candidate."""

    run_id: str
    benchmark: str
    benchmark_version: str
    correlations: tuple[MetricCorrelation, ...]

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate and pair of metrics; columns: those of `MetricCorrelation`."""
        columns = columns_of(MetricCorrelation)
        return frame([row_of(each, columns) for each in self.correlations], columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineResult(ShownInNotebooks):
    """Evaluations and calls in production over time, with what is worth reporting. No alert is raised."""

    moment: datetime
    series: tuple[SeriesResult, ...]
    """Candidates by task with their figures and the trends of these."""
    anomalies: tuple[AnomalyResult, ...]
    insights: tuple[Insight, ...]
    """In words, the surest first."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per insight: `kind`, `text` and `evidence` (JSON)."""
        columns = {"kind": TEXT, "text": TEXT, "evidence": TEXT}
        return frame([row_of(each, columns) for each in self.insights], columns)
