"""Two or more sides on one metric, pair by pair: difference, interval, p-value, standard error, latency's tails."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluation.comparisons.case_values import (
    failed_of,
    figure_of_side,
    figures_of,
    find_flips,
    flipped_pairs,
    scores_of,
)
from evaluation.comparisons.comparable_timings import (
    ComparablePairs,
    Sides,
    comparable_pairs,
    nearest_to_fresh,
    notes_on,
)
from evaluation.comparisons.metrics import ComparedMetric
from evaluation.comparisons.sides import Member, Side
from evaluation.fingerprint import fingerprint
from evaluation.metrics.metric_facts import known_range, largest_difference
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import Flips
from evaluation.results.pairs import Basis
from evaluation.scores import Estimate
from evaluation.stats.intervals import mean_estimate, quantile_difference
from evaluation.stats.pair_comparison import PairComparison
from evaluation.stats.ranking import ManyComparison, compare_many, pair_rng
from evaluation.stats.vectors import cluster_means
from evaluation.stats.verdicts import Kind
from evaluation.store.benchmarks import case_clusters
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """Two sides on one metric."""

    a: Side
    b: Side
    found: PairComparison
    standard_error: float | None
    """Standard error of the difference over cases or clusters; None where it does not apply, as for a ratio."""
    tails: Mapping[str, Estimate] = field(default_factory=dict)
    """Differences of the median and the slow tail of latencies, A less B."""
    prompts: Basis | None = None
    """Prompts on which figures were compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """All sides on one metric."""

    metric: ComparedMetric
    sides: tuple[str, ...]
    """Labels of the sides that have a value, in the order of the comparison."""
    pairs: tuple[ComparedPair, ...]
    many: ManyComparison
    values: Mapping[str, Estimate]
    """Each side's mean over the cases that all sides have; empty if there is no such case."""
    measured: Mapping[str, Estimate] = field(default_factory=dict)
    """Each side's mean over its own cases, where no case may be compared over all sides."""


def paired_standard_error(
    a: Mapping[str, float], b: Mapping[str, float], comparison: PairComparison, *, clusters: Mapping[str, str]
) -> float | None:
    """Return the standard error of the difference, over cases or over cluster means, as used in the comparison.

    None for a ratio, where the error is not one of a difference, and for fewer than two.
    """
    if comparison.kind is Kind.RATIO:
        return None
    shared = sorted(case_id for case_id in a if case_id in b)
    differences = np.array([a[case_id] - b[case_id] for case_id in shared])
    if comparison.kind is Kind.ORDINAL:
        differences = np.sign(differences)
    if comparison.n_clusters is not None and differences.size:
        differences = cluster_means(differences, [clusters.get(case_id) for case_id in shared])
    if differences.size < 2:
        return None
    return float(differences.std(ddof=1) / np.sqrt(differences.size))


QUANTILES = {"p50": 0.5, "p95": 0.95}
TAILED = frozenset({"latency_s"})
MOST_PAIRS_OF_SIDES = 3
MOST_CASES = 20_000
"""Cases from which resampling would take longer than everything else."""


def tails_of(
    a: Mapping[str, float], b: Mapping[str, float], labels: tuple[str, str], *, seed: int, confidence_level: float
) -> dict[str, Estimate]:
    """Return the difference of each quantile, A less B, on the cases that both have.

    Empty where computing it would take too long.

    Args:
        a: A's value of each case.
        b: B's.
        labels: Of both; with the seed they determine the random draws.
        seed: Likewise.
        confidence_level: Of the intervals.
    """
    shared = sorted(case_id for case_id in a if case_id in b)
    if not 2 <= len(shared) <= MOST_CASES:
        return {}
    left, right = [a[case_id] for case_id in shared], [b[case_id] for case_id in shared]
    rng = pair_rng(seed, *labels)
    return {
        name: quantile_difference(left, right, q, rng=rng, confidence_level=confidence_level)
        for name, q in QUANTILES.items()
    }


Values = Mapping[str, Mapping[str, float]]
"""Values by side, then by case."""
_OF_PROMPTS = ("latency_s", "ttft_s", "energy_j")


class MetricComparer:
    """What all metrics of one comparison have in common."""

    def __init__(
        self,
        store: Store,
        members: Sequence[Member],
        sides: Sequence[Side],
        against: Side | None,
        request: ComparisonRequest,
    ) -> None:
        self._store, self._sides, self._against, self._request = store, sides, against, request
        self._version = members[0].run.plan.benchmark_version
        self._clusters = case_clusters(store, self._version)
        self._failed = {side.label: failed_of(store, side) for side in sides}
        self._by_label = {side.label: side for side in sides}
        self._headline_values: Values = {}
        self._margin = request.read_margin()
        self.seed = int(fingerprint([members[0].run.plan.seed, self._version])[:12], 16)
        self.notes: list[str] = []

    def quality(self, metrics: Sequence[ComparedMetric]) -> Iterator[MetricComparison]:
        """Yield the comparison by each metric, the headline's first.

        A metric for which no side has a value is left out.
        """
        for position, metric in enumerate(metrics):
            values = {side.label: scores_of(self._store, side, metric.use) for side in self._sides}
            if position == 0:
                self._headline_values = values
            if position == 0 or any(values.values()):
                yield self._compared(metric, values, failed=self._failed, margin=self.margin_of(metric))

    def margin_of(self, metric: ComparedMetric) -> float | None:
        """Return the margin in that metric's unit; None for a metric in another unit than the headline's."""
        if self._margin is None:
            return None
        if metric.unit != "fraction" and self._margin.in_points and self._headline_values:
            return None
        return self._margin.of_unit(metric.word, metric.unit)

    def figures(self, metrics: Sequence[ComparedMetric]) -> Iterator[MetricComparison]:
        """Yield the comparison by each figure that two sides have under the same prompt conditions.

        Sides that lack it are left out.
        """
        read = {side.label: [figures_of(self._store, member) for member in side.members] for side in self._sides}
        asked_with = {side.label: (frozenset(side.run_ids), frozenset(side.digests)) for side in self._sides}
        timed: list[ComparablePairs] = []
        for metric in metrics:
            values = {label: figure_of_side(of_side, metric.word) for label, of_side in read.items()}
            measured = {label: of_side for label, of_side in values.items() if of_side}
            if len(measured) > 1 and (self._against is None or self._against.label in measured):
                lacking = [label for label in values if label not in measured]
                if lacking:
                    self.notes.append(f"{metric.word}: no value for {', '.join(lacking)}")
                against = self._against.label if self._against else None
                pairs = comparable_pairs(metric.word, measured, against, asked_with=asked_with)
                timed.append(pairs)
                if not pairs.is_too_little:
                    yield self._compared(metric, pairs.of_all.values, failed={}, margin=None, alike=pairs)
        self.notes += notes_on(timed)

    def _compared(
        self,
        metric: ComparedMetric,
        values: Values,
        *,
        failed: Mapping[str, Collection[str]],
        margin: float | None,
        alike: ComparablePairs | None = None,
    ) -> MetricComparison:
        clusters = {**self._clusters, **(alike.clusters(self._clusters) if alike else {})}
        of_pairs = None if alike is None else {pair: alike.values_of(pair) for pair in alike.of_pairs}
        many = compare_many(
            values,
            seed=self.seed,
            kind=metric.kind,
            clusters=clusters or None,
            failed=failed,
            margin=margin,
            against=self._against.label if self._against else None,
            higher_is_better=metric.higher_is_better,
            of_pairs=of_pairs,
            largest_difference=largest_difference(metric.use.name),
        )
        pairs = []
        for a, b, comparison in many.pairs:
            of_a, of_b = (values[a], values[b]) if of_pairs is None else of_pairs[a, b]
            basis = alike.of_pairs[a, b].basis if alike is not None and metric.word in _OF_PROMPTS else None
            tails = self._tails(metric, (of_a, of_b), (a, b), len(many.pairs), comparison.confidence_level)
            pairs.append(
                ComparedPair(
                    a=self._by_label[a],
                    b=self._by_label[b],
                    found=comparison,
                    standard_error=paired_standard_error(of_a, of_b, comparison, clusters=clusters),
                    tails={} if basis == "balanced" else tails,
                    prompts=basis,
                )
            )
        means = self._means(metric, values if alike is None else alike.of_all.shown)
        return MetricComparison(
            metric=metric,
            sides=tuple(values),
            pairs=tuple(pairs),
            many=many,
            values=means,
            measured={} if alike is None or means else self._own_means(metric, alike.sides),
        )

    def _own_means(self, metric: ComparedMetric, sides: Sides) -> dict[str, Estimate]:
        own = {label: {label: nearest_to_fresh(of_side)} for label, of_side in sides.items() if of_side}
        return {label: self._means(metric, of_side)[label] for label, of_side in own.items()}

    def _tails(
        self,
        metric: ComparedMetric,
        values: tuple[Mapping[str, float], Mapping[str, float]],
        labels: tuple[str, str],
        n_pairs: int,
        level: float,
    ) -> dict[str, Estimate]:
        if metric.word not in TAILED or n_pairs > MOST_PAIRS_OF_SIDES:
            return {}
        return tails_of(*values, labels, seed=self.seed, confidence_level=level)

    def _means(self, metric: ComparedMetric, values: Values) -> dict[str, Estimate]:
        first, *others = values.values()
        common = sorted(case_id for case_id in first if all(case_id in other for other in others))
        if not common:
            return {}
        clusters = [self._clusters.get(case_id) for case_id in common] if self._clusters else None
        possible = known_range(metric.use.name)
        return {
            label: mean_estimate([by_case[case_id] for case_id in common], clusters=clusters, value_range=possible)
            for label, by_case in values.items()
        }

    def flips(self, headline: MetricComparison) -> tuple[Flips, ...]:
        """Return the flipped cases of the pairs that a reader looks at first."""
        order = headline.many.order
        pairs = flipped_pairs(order, self._against.label if self._against else None)
        return tuple(
            find_flips(
                self._store,
                (self._by_label[a], self._by_label[b]),
                (self._headline_values[a], self._headline_values[b]),
                n_shown=self._request.n_flips if position == 0 or len(order) <= _FEW else 0,
                higher_is_better=headline.metric.higher_is_better,
            )
            for position, (a, b) in enumerate(pairs)
        )


_FEW = 6
