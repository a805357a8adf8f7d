"""Results of comparisons of candidates on the same cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evaluation.results.as_json import MERGED, as_json, json_key
from evaluation.results.estimates import MetricEstimate
from evaluation.results.frames import TEXT, columns_of, frame, row_of
from evaluation.results.pairs import PairResult
from evaluation.results.rendering import ShownInNotebooks
from evaluation.results.sides import SideResult
from evaluation.stats.preference_ranking import PreferenceRanking
from evaluation.stats.verdicts import Kind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """Whether three or more sides differ at all, by a test of all at once."""

    test: str
    """`cochran_q`, or `friedman` with Iman and Davenport's F."""
    statistic: float | None
    """Q or F; None where F is infinite, since every case ranks the sides alike."""
    degrees_of_freedom: tuple[int, ...]
    p_value: float
    n_cases: int
    """Cases, or clusters of them, that all sides have."""
    mean_ranks: Mapping[str, float]
    """Of each side, by its label: 1 for the best on every case; ties share theirs."""
    critical_difference: float
    """Mean ranks farther apart differ by Nemenyi's test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparisonResult:
    """All sides on one metric of quality, or one figure of speed, tokens, cost or energy."""

    metric: str
    """`exact_match`, `latency_s`, …"""
    signature: str
    """The metric with its options, as its scores are stored."""
    unit: str
    """`fraction`, `s`, `tokens`, …; empty where it has none."""
    kind: Kind | None
    """What the numbers are; None where no pair has any."""
    higher_is_better: bool
    values: Mapping[str, MetricEstimate]
    """Each side's mean over the cases that all sides have, by its label; empty where there is no such case."""
    winner: str | None
    """The side that is significantly better than every other."""
    order: tuple[str, ...]
    """Labels, best first."""
    groups: tuple[tuple[str, ...], ...]
    """Those that do not differ, best first; one may stand in several. Empty where more than one meets a baseline."""
    ranks: Mapping[str, tuple[int, int]]
    """The best and the worst rank of each side that the significant differences leave open, 1 being the best."""
    gate: GateResult | None
    """None for two sides, and where fewer than two cases are common to all."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceResult:
    """What one judge prefers that saw two answers at a time."""

    word: str
    """`judge_pairwise by MODEL`."""
    signature: str
    """The judge with its options, without the opponent, who is another one in every run."""
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
    """The first repeat's answer, cut short in its middle; None where there is none."""
    answer_b: str | None
    """The first repeat's answer, cut short in its middle; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """All cases on which two sides differ, counted, and the clearest of them."""

    a: str
    """The label of the first side."""
    b: str
    """The label of the second side."""
    run_a: str
    """A run in which the answers stand in full."""
    run_b: str
    """A run in which the answers stand in full."""
    n_better_a: int
    """Cases on which A is the better one."""
    n_better_b: int
    """Cases on which B is the better one."""
    n_equal: int
    better_a: tuple[Flip, ...]
    """The clearest first, no more than were asked for."""
    better_b: tuple[Flip, ...]
    """The clearest first, no more than were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonResult(ShownInNotebooks):
    """Two or more sides on the cases of one benchmark version."""

    comparison_id: str
    """The same for the same question to the same runs, 12 hexadecimal digits: the store has it under this one."""
    code_version: str
    """The code that compared."""
    sentences: tuple[str, ...]
    """Who is better, first; then what the margin and the judges add, and what is to be known of the tests."""
    benchmark: str
    """Its name."""
    benchmark_version: str
    task_type: str | None
    """The benchmark's; None where the store no longer has it."""
    n_cases: int | None
    """The benchmark's; None where the store no longer has it."""
    run_ids: tuple[str, ...]
    """Each once, in the order in which they were given."""
    by: str | None
    """The key along which candidates were put together: `model`, `temperature`, …; None: each is a side of its own."""
    against: str | None
    """The label of the baseline, with which alone the others were compared."""
    margin: float | None
    """The largest difference that does not matter, in the headline's unit."""
    headline: str | None
    """The metric by which the sides are ranked; None for preferences alone."""
    winner: str | None
    """The side that is significantly better than every other by the headline."""
    sides: tuple[SideResult, ...]
    """In the order in which they were given."""
    unscored: tuple[str, ...] = ()
    """Labels of the sides that have no score at all, which are left out."""
    metrics: tuple[MetricComparisonResult, ...]
    """Of quality, the headline first; then figures."""
    preferences: tuple[PreferenceResult, ...]
    flips: tuple[Flips, ...]
    """Of each side and the baseline, else of neighbours in the order by the headline."""
    notes: tuple[str, ...]
    pairs: tuple[PairResult, ...] = field(metadata=json_key("comparisons"))
    """Every two sides by every metric, or each side with the baseline; the headline's first."""
    experiment: str | None = None
    """The name of the experiment that it is filed under."""

    def pairs_by(self, metric: str | None) -> tuple[PairResult, ...]:
        """Return the pairs of one metric."""
        return tuple(pair for pair in self.pairs if pair.metric == metric)

    @property
    def headline_pairs(self) -> tuple[PairResult, ...]:
        """The pairs by the headline; empty where there is none."""
        return self.pairs_by(self.headline)

    def metric(self, name: str | None) -> MetricComparisonResult:
        """Return all sides on a metric that was compared."""
        return next(each for each in self.metrics if each.metric == name)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a pair of sides and metric.

        Columns: `comparison_id` and `benchmark` (`string`), then the fields of `PairResult` that hold one value, with
        the dtypes of `evaluation.results.frames`: `verdict` is `string`, `difference`, `low`, `high` and `p_value` are
        `float64`, `n_pairs` is `Int64`, `higher_is_better` is `boolean`.
        """
        return pairs_frame([self])

    def as_json_without_pairs(self) -> dict[str, Any]:
        """Return what JSON shows beside the pairs, which stand elsewhere."""
        return {key: value for key, value in as_json(self).items() if key != "comparisons"}


def pairs_frame(comparisons: Iterable[ComparisonResult]) -> "pd.DataFrame":
    """Return a row a pair and metric of these comparisons."""
    columns = columns_of(PairResult)
    rows = [
        {"comparison_id": each.comparison_id, "benchmark": each.benchmark, **row_of(pair, columns)}
        for each in comparisons
        for pair in each.pairs
    ]
    return frame(rows, {"comparison_id": TEXT, "benchmark": TEXT, **columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class PairHistoryResult:
    """How two sides came out by one metric in one stored comparison."""

    comparison_id: str
    created_at: datetime
    """When it was compared."""
    benchmark: str
    """Its name."""
    benchmark_version: str
    run_ids: tuple[str, ...]
    """Of the comparison."""
    code_version: str
    """The code that compared."""
    pair: PairResult = field(metadata=MERGED)
    flipped: bool
    """True where the side that was asked for first stands second."""
