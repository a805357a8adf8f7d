"""Results of comparisons of candidates on the same cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evaluation.results.as_json import MERGED, as_json, json_key
from evaluation.results.estimates import MetricEstimate
from evaluation.results.frames import TEXT, ShownInNotebooks, columns_of, frame, row_of
from evaluation.results.pairs import PairResult
from evaluation.results.sides import SideResult
from evaluation.stats.preference_ranking import PreferenceRanking
from evaluation.stats.verdicts import Kind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """A joint test of whether three or more sides differ at all."""

    test: str
    """`cochran_q`, or `friedman` with Iman and Davenport's F."""
    statistic: float | None
    """Q or F; None if F is infinite because every case ranks the sides alike."""
    degrees_of_freedom: tuple[int, ...]
    p_value: float
    n_cases: int
    """Cases, or clusters of cases, that all sides have."""
    mean_ranks: Mapping[str, float]
    """Mean rank of each side, by its label: 1 if best on every case; ties share their mean rank."""
    critical_difference: float
    """Difference of mean ranks from which two candidates differ by Nemenyi's test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparisonResult:
    """Comparison of all sides on one quality metric, or one figure of speed, tokens, cost or energy."""

    metric: str
    """`exact_match`, `latency_s`, …"""
    signature: str
    """The metric with its options, as stored with its scores."""
    unit: str
    """`fraction`, `s`, `tokens`, …; empty if there is none."""
    kind: Kind | None
    """Kind of values; None if no pair has any."""
    higher_is_better: bool
    values: Mapping[str, MetricEstimate]
    """Each side's mean over the cases that all sides have, by its label; empty if there is no such case."""
    winner: str | None
    """The side that is significantly better than every other."""
    order: tuple[str, ...]
    """Labels, best first."""
    groups: tuple[tuple[str, ...], ...]
    """Groups without significant differences, best first; they may overlap. Empty if several meet only a baseline."""
    ranks: Mapping[str, tuple[int, int]]
    """Best and worst rank of each side compatible with the significant differences, with 1 as the best."""
    gate: GateResult | None
    """None for two sides, or if fewer than two cases are common to all."""
    notes: tuple[str, ...]
    measured: Mapping[str, MetricEstimate] = field(default_factory=dict)
    """Each side's mean over its own cases, where `values` is empty since no case may be compared over all sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceResult:
    """Preferences of a judge who saw two answers at a time."""

    word: str
    """`judge_pairwise by MODEL`."""
    signature: str
    """The judge with its options, without the opponent, which differs in every run."""
    ranking: PreferenceRanking


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A case on which two sides differ."""

    case_id: str
    value_a: float
    """In the headline metric's unit."""
    value_b: float
    """In the headline metric's unit."""
    answer_a: str | None
    """Answer of the first repeat, shortened in the middle; None if there is none."""
    answer_b: str | None
    """Answer of the first repeat, shortened in the middle; None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Counts of all cases on which two sides differ, with the clearest ones."""

    a: str
    """The label of the first side."""
    b: str
    """The label of the second side."""
    run_a: str
    """A run with the full answers."""
    run_b: str
    """A run with the full answers."""
    n_better_a: int
    """Cases on which A is better."""
    n_better_b: int
    """Cases on which B is better."""
    n_equal: int
    better_a: tuple[Flip, ...]
    """Clearest first, limited to the requested number."""
    better_b: tuple[Flip, ...]
    """Clearest first, limited to the requested number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonResult(ShownInNotebooks):
    """Comparison of two or more sides on the cases of one benchmark version."""

    comparison_id: str
    """Key in the store, 12 hexadecimal digits: equal for the same comparison of the same runs."""
    code_version: str
    """Version of the code that computed the comparison."""
    sentences: tuple[str, ...]
    """Who is better, first; then the conclusions from the margin and the judges, and notes on the tests."""
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    task_type: str | None
    """Value of the benchmark; None if it is no longer stored."""
    n_cases: int | None
    """Value of the benchmark; None if it is no longer stored."""
    run_ids: tuple[str, ...]
    """Unique run ids, in the given order."""
    by: str | None
    """Key by which candidates were grouped: `model`, `temperature`, …; None if each is a side of its own."""
    against: str | None
    """Label of the baseline, if the others were compared only with it."""
    margin: float | None
    """Largest negligible difference, in the headline's unit."""
    headline: str | None
    """Metric that ranks the sides; None for preferences only."""
    winner: str | None
    """The side that is significantly better than every other on the headline."""
    sides: tuple[SideResult, ...]
    """In the given order."""
    unscored: tuple[str, ...] = ()
    """Labels of the sides that have no score and are left out."""
    metrics: tuple[MetricComparisonResult, ...]
    """Quality metrics, the headline first; then figures."""
    preferences: tuple[PreferenceResult, ...]
    flips: tuple[Flips, ...]
    """Flips between each side and the baseline, else between neighbours in the headline's order."""
    notes: tuple[str, ...]
    pairs: tuple[PairResult, ...] = field(metadata=json_key("comparisons"))
    """All pairs on every metric, or each side with the baseline; those of the headline first."""
    experiment: str | None = None
    """Name of the experiment that contains it."""

    def pairs_by(self, metric: str | None) -> tuple[PairResult, ...]:
        """Return the pairs of one metric."""
        return tuple(pair for pair in self.pairs if pair.metric == metric)

    @property
    def headline_pairs(self) -> tuple[PairResult, ...]:
        """Pairs compared by the headline; empty where there is none."""
        return self.pairs_by(self.headline)

    def metric(self, name: str | None) -> MetricComparisonResult:
        """Return the comparison of all sides on a metric."""
        return next(each for each in self.metrics if each.metric == name)

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per pair of sides and metric.

        Columns: `comparison_id` and `benchmark` (`string`), then the fields of `PairResult` that hold one value, with
        the dtypes of `evaluation.results.frames`: `verdict` is `string`, `difference`, `low`, `high` and `p_value` are
        `float64`, `n_pairs` is `Int64`, `higher_is_better` is `boolean`.
        """
        return pairs_frame([self])

    def as_json_without_pairs(self) -> dict[str, Any]:
        """Return the comparison as JSON without the pairs, which are stored elsewhere."""
        return {key: value for key, value in as_json(self).items() if key != "comparisons"}


def pairs_frame(comparisons: Iterable[ComparisonResult]) -> "pd.DataFrame":
    """Return a data frame with one row per pair and metric of these comparisons."""
    columns = columns_of(PairResult)
    rows = [
        {"comparison_id": each.comparison_id, "benchmark": each.benchmark, **row_of(pair, columns)}
        for each in comparisons
        for pair in each.pairs
    ]
    return frame(rows, {"comparison_id": TEXT, "benchmark": TEXT, **columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class PairHistoryResult:
    """Result of two sides on one metric in one stored comparison."""

    comparison_id: str
    created_at: datetime
    """Time of the comparison."""
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    run_ids: tuple[str, ...]
    """Run ids of the comparison."""
    code_version: str
    """Version of the code that computed the comparison."""
    pair: PairResult = field(metadata=MERGED)
    flipped: bool
    """True if the side requested first is the second side."""
