"""Results of cascades: the share escalated, and quality and cost at every threshold, from one run's stored stages."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from evaluation.results.as_json import MERGED
from evaluation.results.estimates import MetricEstimate
from evaluation.results.frames import REAL, TEXT, TRUTH, WHOLE, Row, ShownInNotebooks, frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeFigures:
    """Quality and cost of an answer, each the mean over cases with its 95 % interval."""

    quality: MetricEstimate | None
    """Value of the curve's metric; None where it is not known."""
    latency_s: MetricEstimate | None
    """Seconds of the stages, without loading; None where they are not known."""
    prompt_tokens: MetricEstimate | None
    output_tokens: MetricEstimate | None
    energy_j: MetricEstimate | None
    """Joules; None where they were not measured."""
    cost_usd: MetricEstimate | None
    """US dollars, each stage at its own model's price; None without prices of both."""


COST_FIGURES = ("latency_s", "prompt_tokens", "output_tokens", "energy_j", "cost_usd")
"""Fields of `CascadeFigures` that are costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeShare:
    """How often a cascade of a run asked its larger model."""

    label: str
    """The candidate, as in the run's results."""
    large: str
    share_escalated: MetricEstimate | None
    """None: no signal is known, or answers are not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadePoint:
    """A cascade at one threshold. All thresholds above the previous point's, up to this one, give the same."""

    threshold: float | None
    """None: every case is escalated, which no threshold does, since some signals have the greatest value there is."""
    is_of_run: bool
    """True for the threshold with which the run was made, or one that gives the same."""
    n_escalated: int
    """Answers for which the larger model is asked."""
    n_answers: int
    """Answers whose signal is known."""
    n_failed: int
    """Answers that are lost at this threshold since a server failed; they are not scored."""
    share_escalated: MetricEstimate | None
    """Mean over cases; None where no signal is known."""
    figures: CascadeFigures = field(metadata=MERGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeChoice:
    """The threshold of the best mean quality, and what choosing a threshold in this way gives on other cases."""

    threshold: float | None
    """As in `CascadePoint`; among equal means the one that escalates least."""
    quality: MetricEstimate
    """On the cases on which it was chosen: too good, by as much as luck chose it."""
    validated_quality: MetricEstimate
    """On cases that had no part in the choice: chosen on the other folds, measured on each in turn."""
    validated_share_escalated: float
    """Share escalated in the folds that had no part in the choice, in [0, 1]."""
    n_folds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeCurve:
    """One cascade of a run over its threshold."""

    label: str
    """The candidate."""
    small: str
    """Model that is asked first."""
    large: str
    signal: str
    threshold: float
    """Of the run."""
    ask_both: bool
    metric: str
    """Name of the metric of quality."""
    higher_is_better: bool
    n_cases: int
    """Cases with an outcome."""
    share_escalated: MetricEstimate | None
    """In the run; None where no signal is known."""
    points: tuple[CascadePoint, ...]
    """By rising threshold."""
    n_thresholds: int
    """Thresholds that differ in the cases that they escalate; more than points where `notes` say why."""
    large_alone: CascadeFigures | None
    """The larger model's stages alone, as without the small model; None where it was not asked in every case."""
    choice: CascadeChoice | None
    """None with too few cases to choose on some and measure on others, or where a quality is not known."""
    notes: tuple[str, ...]
    """What the curve leaves out, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeResult(ShownInNotebooks):
    """The cascades of a run."""

    run_id: str
    benchmark: str
    curves: tuple[CascadeCurve, ...]
    """One for each candidate with `pipeline=cascade`."""
    PAGES: ClassVar[str] = "evaluation.reports.notebook_cascades"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate and threshold.

        Columns: `candidate`, `metric`, `threshold` (NaN: every case is escalated), `is_of_run`, `n_escalated`,
        `n_answers`, `n_failed`; then `share_escalated` and each of the fields of `CascadeFigures` with `… low` and
        `… high`.
        """
        fixed = {
            "candidate": TEXT,
            "metric": TEXT,
            "threshold": REAL,
            "is_of_run": TRUTH,
            "n_escalated": WHOLE,
            "n_answers": WHOLE,
            "n_failed": WHOLE,
        }
        names = [f"{name}{end}" for name in ("share_escalated", *_FIGURES) for end in ("", " low", " high")]
        rows = [_row(curve, point) for curve in self.curves for point in curve.points]
        return frame(rows, fixed | dict.fromkeys(names, REAL))


_FIGURES = ("quality", *COST_FIGURES)


def _row(curve: CascadeCurve, point: CascadePoint) -> Row:
    about = {"candidate": curve.label, "metric": curve.metric}
    plain = ("threshold", "is_of_run", "n_escalated", "n_answers", "n_failed")
    numbers = {name: getattr(point.figures, name) for name in _FIGURES} | {"share_escalated": point.share_escalated}
    cells: dict[str, object] = {**about, **{name: getattr(point, name) for name in plain}}
    for name, numbers_of in numbers.items():
        if numbers_of is not None:
            cells |= {name: numbers_of.value, f"{name} low": numbers_of.low, f"{name} high": numbers_of.high}
    return cells
