"""Candidates on the same cases, metric by metric, with what is sure and what is not."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from evaluation.comparisons.case_counts import count_cases
from evaluation.comparisons.changed_texts import notes_on_changed_texts
from evaluation.comparisons.compared import ComparedPair, Comparison, MetricComparison
from evaluation.comparisons.flips import find_flips, flipped_pairs
from evaluation.comparisons.latency_quantiles import MOST_PAIRS_OF_SIDES, TAILED, tails_of
from evaluation.comparisons.like_with_like import ComparablePairs, comparable_pairs, notes_on
from evaluation.comparisons.matching import match_runs
from evaluation.comparisons.members import Member
from evaluation.comparisons.metrics import ComparedMetric
from evaluation.comparisons.pair_error import paired_standard_error
from evaluation.comparisons.preferences import find_preferences
from evaluation.comparisons.remarks import remarks_on
from evaluation.comparisons.sides import Side
from evaluation.comparisons.values import failed_of, figure_of_side, figures_of, scores_of
from evaluation.errors import IncomparableError
from evaluation.fingerprint import fingerprint
from evaluation.metrics.metric_facts import value_range
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import Flips
from evaluation.scores import Estimate
from evaluation.stats.estimate import mean_estimate
from evaluation.stats.ranking import compare_many
from evaluation.store.benchmarks import case_clusters
from evaluation.store.session import Store

Values = Mapping[str, Mapping[str, float]]
"""By side, then by case."""


def compare_runs(
    store: Store, run_ids: Sequence[str], request: ComparisonRequest, *, headline_only: bool = False
) -> Comparison:
    """Return the comparison of all candidates of these runs. Whoever says which candidate is better says it by this.

    Args:
        store: Where they are.
        run_ids: Ids, beginnings of ids, or `last`; their order decides who is first.
        request: Along what, by which metrics, with which margin.
        headline_only: Leave out what the headline's verdict does not need: other metrics, figures, flipped cases.

    Raises:
        IncomparableError: they asked other cases, were measured in other ways, or share nothing.
        ConfigurationError: something in the request that does not fit these runs.
    """
    matched = match_runs(store, run_ids, request)
    members, measured, against = matched.members, matched.measured, matched.against
    work = _Work(store, members, measured.sides, against, request)
    metrics = tuple(work.quality(measured.metrics[:1] if headline_only else measured.metrics))
    _refuse_nothing_shared(metrics, measured.sides)
    figures = () if headline_only and metrics else tuple(work.figures(measured.figures))
    return Comparison(
        members=members,
        sides=measured.sides,
        counts=count_cases(store, measured.sides, metrics[0].metric.use if metrics else None),
        by=request.by,
        against=against.label if against else None,
        margin=work.margin_of(measured.metrics[0]) if measured.metrics else None,
        metrics=metrics,
        figures=figures,
        preferences=tuple(find_preferences(store, measured.sides, measured.pairwise, seed=work.seed)),
        flips=work.flips(metrics[0]) if metrics and not headline_only else (),
        changed_texts=notes_on_changed_texts(store, measured.sides, metrics[0] if metrics else None),
        unscored=measured.unscored,
        notes=(*matched.notes, *measured.notes, *work.notes, *remarks_on(measured.sides, metrics, figures)),
    )


def _refuse_nothing_shared(metrics: Sequence[MetricComparison], sides: Sequence[Side]) -> None:
    if metrics and not any(pair.found.n_pairs for pair in metrics[0].pairs):
        raise IncomparableError(
            f"{' and '.join(repr(side.label) for side in sides)} share no case with a value of "
            f"{metrics[0].metric.word!r} on both sides",
            "Evaluate them on the same cases: the same benchmark, the same --limit and --seed.",
        )


_OF_PROMPTS = ("latency_s", "ttft_s", "energy_j")


class _Work:
    """What every metric of one comparison is compared with."""

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

        A metric that no side has a value of is left out.
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
        """Yield the comparison by each figure that two sides have, of like with like.

        Those that lack it are left out.
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
        return MetricComparison(
            metric=metric,
            sides=tuple(values),
            pairs=tuple(pairs),
            many=many,
            values=self._means(metric, values if alike is None else alike.of_all.shown),
        )

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
        return {
            label: mean_estimate([by_case[case_id] for case_id in common], clusters=clusters).within(
                value_range(metric.use.name)
            )
            for label, by_case in values.items()
        }

    def flips(self, headline: MetricComparison) -> tuple[Flips, ...]:
        """Return the cases on which the pairs differ that a reader looks at first."""
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
