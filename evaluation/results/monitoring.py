"""What a monitoring pass found: alerts, what became of them, and the figures over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from evaluation.records.alerts import AlertRecord
from evaluation.results.as_json import MERGED
from evaluation.results.frames import TEXT, ShownInNotebooks, columns_of, frame, row_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResult:
    """An alert with its state."""

    alert: AlertRecord = field(metadata=MERGED)
    state: str
    """`resolved`, `acknowledged` or `open`."""

    @staticmethod
    def of(alert: AlertRecord) -> "AlertResult":
        """Return the part of an alert that is shown."""
        return AlertResult(alert=alert, state=alert.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlertResult:
    """An alert that is not over."""

    alert: AlertRecord = field(metadata=MERGED)
    state: str
    """`acknowledged` or `open`."""
    is_new: bool
    """Raised by this pass."""
    is_silenced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendResult:
    """Trend of a figure over time."""

    quantity: str
    direction: Literal["rising", "falling", "steady"]
    confidence: float
    """1 - p."""
    is_clear: bool
    """True where chance does not explain it, adjusted for all figures that were tested."""
    per_week: float
    """Change in a week, in the figure's unit."""
    relative_per_week: float | None
    """Change in a week as a share of the median; None if the median is 0."""
    p_value: float
    p_adjusted: float | None
    n_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyResult:
    """A figure that differs from the earlier ones."""

    candidate: str
    task: str
    benchmark: str | None
    source: str
    quantity: str
    value: float
    usual: float
    n_earlier: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """An observation worth reporting."""

    kind: str
    text: str
    evidence: Mapping[str, object]
    """The numbers that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """Figures of a candidate at one time: a run, or a period of calls in production. None if unknown."""

    at: datetime
    run_id: str | None
    n: int
    """Calls made."""
    n_ok: int
    n_not_asked: int
    """Calls that were planned and not made, since the candidate was given up."""
    failures: Mapping[str, int]
    n_cached: int
    """Number of answers to prompts that a server had, or may have had, in its cache."""
    prompts: str | None
    """Cache states of the prompts whose answers were timed."""
    duration_s: float | None
    success: float | None
    """The share of calls that got an answer."""
    tokens: float | None
    """Of a call."""
    tokens_per_s: float | None
    """Time after the first token."""
    call_tokens_per_s: float | None
    """Of the whole call."""
    quality: float | None
    energy_j: float | None
    cases: str | None = None
    """Which cases of the benchmark were asked: `all`, `50 by seed 7`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesResult:
    """One candidate on one task, over time."""

    source: str
    """`evaluation` or `live`."""
    task: str
    benchmark: str | None
    benchmark_version: str | None
    candidate: str
    headline: str | None
    n_points: int
    n_calls: int
    newest: PointResult
    trends: tuple[TrendResult, ...]
    points: tuple[PointResult, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorResult(ShownInNotebooks):
    """All that a monitoring pass found."""

    moment: datetime
    sentence: str
    alerts: tuple[OpenAlertResult, ...]
    resolved: tuple[AlertResult, ...]
    n_looked_at: int
    """Candidates of runs judged for the first time."""
    statistics: tuple[SeriesResult, ...]
    anomalies: tuple[AnomalyResult, ...]
    insights: tuple[Insight, ...]
    taken_up: tuple[str, ...] = ()
    """Dead runs that were started again: a sentence each."""
    n_notified: int = 0
    """Alerts that Prefect was told of."""
    PAGES: ClassVar[str] = "evaluation.reports.notebook_views"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate and task, with the newest figures.

        Columns: the fields of `SeriesResult`, then those of its newest `PointResult`, with the dtypes of
        `evaluation.results.frames`; `failures` is JSON (`string`).
        """
        of_series, of_point = columns_of(SeriesResult), columns_of(PointResult, rest=TEXT)
        rows = [row_of(series, of_series) | row_of(series.newest, of_point) for series in self.statistics]
        return frame(rows, {**of_series, **of_point})
