"""The cascades of a stored run over their thresholds: share escalated, quality and cost. Nothing is asked again.

At a threshold t a case is escalated if its signal is below t, or if it has none. Between two neighbouring signals all
thresholds do the same, so a point for each distinct signal, and one above them all, is the whole curve.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.formatting import counted, quantity
from evaluation.metrics.guarded_calls import BrokenMetricError
from evaluation.metrics.metric import CorpusMetric
from evaluation.metrics.metric_facts import higher_is_better, value_range
from evaluation.metrics.metric_process import MetricProcess
from evaluation.pipelines.cascade import Cascade
from evaluation.pipelines.cascade_replay import highest_threshold
from evaluation.records.labels import unique_labels
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.results.as_json import as_json, from_json
from evaluation.results.cascade_curves import (
    COST_FIGURES,
    CascadeChoice,
    CascadeCurve,
    CascadeFigures,
    CascadePoint,
    CascadeResult,
    CascadeShare,
)
from evaluation.results.estimates import MetricEstimate
from evaluation.run_results.cascade_answers import CasePage, cascade_answers, cascades_of, case_pages
from evaluation.run_results.cascade_choice import CurveTable, chosen_threshold
from evaluation.run_results.cascade_figures import Numbers, Sides, Truths
from evaluation.run_results.cascade_numbers import (
    POSITIVE,
    CascadeNumbers,
    cascade_numbers,
    mean_of,
)
from evaluation.run_results.cascade_scoring import CurveMetric, SideScore, SideScores, curve_metric
from evaluation.scoring.aggregation import read_by, resampling_seed
from evaluation.stats.bootstrap import corpus_estimate
from evaluation.store.benchmarks import case_clusters
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.plans import find_invocation
from evaluation.store.runs import find_run
from evaluation.store.session import Store

MOST_POINTS = 300
"""Points of a curve; with more distinct signals, evenly chosen ones."""
MOST_RESAMPLED = 12
"""Points up to which a metric over all cases gets its interval, for which its value is computed 1,000 times."""
_ABOVE_ALL = inf


@dataclass(frozen=True, kw_only=True)
class _Curve:
    """What the points of a curve are computed from."""

    run: RunRecord
    cascade: Cascade
    metric: CurveMetric
    numbers: CascadeNumbers
    thresholds: tuple[float, ...]
    """All that differ, rising; infinite for the one that escalates every case though no threshold does."""
    is_resampled: bool

    @property
    def value_range(self) -> tuple[float, float]:
        metric = self.metric.metric
        return value_range(self.metric.use.name) if metric is None else metric.value_range


def has_cascades(store: Store, run: RunRecord) -> bool:
    """Check whether a candidate of the run is a cascade."""
    return bool(cascades_of(store, run))


def cascade_shares(store: Store, run_id: str) -> tuple[CascadeShare, ...]:
    """Return the share that each cascade of a run escalated, without scoring any answer; empty where it has none."""
    run = find_run(store, run_id)
    if not (cascades := cascades_of(store, run)):
        return ()
    labels, pages = unique_labels(run), case_pages(store, run)
    clusters = case_clusters(store, run.plan.benchmark_version)
    shares = []
    for record, cascade in cascades:
        stored = cascade_answers(store, run, record, cascade, pages)
        unscored = [SideScore(is_known=False)] * len(stored.answers)
        numbers = cascade_numbers(
            stored, scores_small=unscored, scores_large=unscored, combine=mean_of, clusters=clusters
        )
        escalated = numbers.escalated(_own_threshold(_thresholds(numbers, cascade), cascade))
        is_answerable = not numbers.is_unasked(escalated).any()
        shares.append(
            CascadeShare(
                label=labels[record.run_candidate_id],
                large=cascade.large,
                share_escalated=_share_escalated(numbers, escalated) if is_answerable else None,
            )
        )
    return tuple(shares)


def cascade_result(store: Store, run_id: str, *, metric: str | None = None) -> CascadeResult:
    """Return the cascades of a run over their thresholds, from its stored stages.

    Args:
        store: The store.
        run_id: Id of the run, a prefix of one, or `last`.
        metric: The metric of quality, one of the run; None: its headline.

    Raises:
        ConfigurationError: the run has no cascade.
        UnknownNameError: there is no such run, or it has no such metric.
    """
    run = find_run(store, run_id)
    cascades = cascades_of(store, run)
    if not cascades:
        raise ConfigurationError(
            f"run {run.plan.run_id!r} has no candidate with pipeline=cascade",
            "For example --candidate 'llama3.1:8b pipeline=cascade large=llama3.1:70b ask_both=true'",
        )
    invocation, labels = find_invocation(store, run.plan.invocation_id), unique_labels(run)
    basis = [
        list(labels.items()),
        read_by(run.plan.metrics),
        run.plan.headline,
        run.plan.seed,
        None if invocation is None else invocation.request,
    ]

    def read() -> Any:
        return as_json(_result(store, run, cascades, metric))

    return from_json(CascadeResult, kept_or_read(store, run.plan.run_id, f"cascades {metric or ''}", basis, read))


def _result(
    store: Store, run: RunRecord, cascades: Sequence[tuple[RunCandidateRecord, Cascade]], metric: str | None
) -> CascadeResult:
    labels, pages = unique_labels(run), case_pages(store, run)
    with MetricProcess() as apart:
        of_quality = curve_metric(run, metric, apart)
        curves = [
            _curve(store, run, record, cascade, of_quality, pages, label=labels[record.run_candidate_id])
            for record, cascade in cascades
        ]
    return CascadeResult(run_id=run.plan.run_id, benchmark=run.plan.benchmark_name, curves=tuple(curves))


def _curve(
    store: Store,
    run: RunRecord,
    record: RunCandidateRecord,
    cascade: Cascade,
    metric: CurveMetric,
    pages: Sequence[CasePage],
    *,
    label: str,
) -> CascadeCurve:
    stored = cascade_answers(store, run, record, cascade, pages, with_figures=not metric.reads_only_texts)
    scores = SideScores(store, record.run_candidate_id, metric)
    of_sides = [scores.of_both(answer) for answer in stored.answers]
    numbers = cascade_numbers(
        stored,
        scores_small=[small for small, _ in of_sides],
        scores_large=[large for _, large in of_sides],
        combine=mean_of if metric.metric is None else metric.apart.combining(metric.metric),
        clusters=case_clusters(store, run.plan.benchmark_version),
    )
    thresholds = _thresholds(numbers, cascade)
    answerable = [value for value in thresholds if not numbers.is_unasked(numbers.escalated(value)).any()]
    own = _own_threshold(thresholds, cascade)
    shown = _thinned(answerable, own)
    curve = _Curve(
        run=run,
        cascade=cascade,
        metric=metric,
        numbers=numbers,
        thresholds=thresholds,
        is_resampled=len(shown) <= MOST_RESAMPLED,
    )
    points = tuple(_point(curve, value, is_of_run=value == own) for value in shown)
    return CascadeCurve(
        label=label,
        small=record.plan.model_name,
        large=cascade.large,
        signal=cascade.signal,
        threshold=cascade.threshold,
        ask_both=cascade.ask_both,
        metric=metric.key,
        higher_is_better=higher_is_better(metric.use.name, metric.use.signature),
        n_cases=len(numbers.starts),
        share_escalated=next((point.share_escalated for point in points if point.is_of_run), None),
        points=points,
        n_thresholds=len(thresholds),
        large_alone=_large_alone(curve),
        choice=_choice(curve, shown),
        notes=tuple(_notes(curve, answerable, shown)),
    )


def _thresholds(numbers: CascadeNumbers, cascade: Cascade) -> tuple[float, ...]:
    """Return a threshold for each set of cases that a threshold can escalate, and one for all of them."""
    signals = sorted(set(numbers.signals[numbers.is_measured & np.isfinite(numbers.signals)].tolist()))
    highest = highest_threshold(cascade)
    return (*signals, highest if not signals or signals[-1] < highest else _ABOVE_ALL)


def _own_threshold(thresholds: Sequence[float], cascade: Cascade) -> float:
    """Return the threshold that escalates what the cascade's own does."""
    return next((value for value in thresholds if value >= cascade.threshold), thresholds[-1])


def _share_escalated(numbers: CascadeNumbers, escalated: Truths) -> MetricEstimate | None:
    shares = np.where(numbers.is_measured, escalated.astype(float), np.nan)
    return numbers.estimate(shares, mean_of, value_range=(0.0, 1.0), clustered=True)


def _thinned(thresholds: Sequence[float], own: float) -> list[float]:
    """Return at most `MOST_POINTS` thresholds, evenly chosen, the run's own among them."""
    if len(thresholds) <= MOST_POINTS:
        return list(thresholds)
    places = np.unique(np.linspace(0, len(thresholds) - 1, MOST_POINTS).round().astype(int))
    return sorted({*(thresholds[place] for place in places), *({own} & set(thresholds))})


def _point(curve: _Curve, threshold: float, *, is_of_run: bool) -> CascadePoint:
    numbers = curve.numbers
    escalated = numbers.escalated(threshold)
    chosen = {name: sides.chosen(escalated) for name, sides in numbers.figures.items()}
    return CascadePoint(
        threshold=None if threshold == _ABOVE_ALL else threshold,
        is_of_run=is_of_run,
        n_escalated=int(escalated.sum()),
        n_answers=int(numbers.is_measured.sum()),
        n_failed=int(numbers.is_lost(escalated).sum()),
        share_escalated=_share_escalated(numbers, escalated),
        figures=_with_costs(curve, _quality(curve, escalated), chosen),
    )


def _with_costs(curve: _Curve, quality: MetricEstimate | None, costs: Mapping[str, Numbers]) -> CascadeFigures:
    estimates = {name: curve.numbers.estimate(costs[name], mean_of, value_range=POSITIVE) for name in COST_FIGURES}
    return CascadeFigures(quality=quality, **estimates)


def _quality(curve: _Curve, escalated: Truths) -> MetricEstimate | None:
    """Return the quality where every score is known."""
    numbers = curve.numbers
    known_small, known_large = numbers.is_known
    if not np.where(escalated, known_large, known_small).all():
        return None
    try:
        if isinstance(curve.metric.metric, CorpusMetric):
            return _over_all_cases(curve, curve.metric.metric, numbers.scores(escalated))
        values = numbers.quality.chosen(escalated)
        return numbers.estimate(values, numbers.combine, value_range=curve.value_range, clustered=True)
    except BrokenMetricError:
        return None


def _over_all_cases(curve: _Curve, metric: CorpusMetric, scores: Sequence[SideScore]) -> MetricEstimate | None:
    """Return the value over all answers together, as `evaluation.scoring.aggregation` computes it."""
    numbers = curve.numbers
    clusters = {
        answer.case.case_id: numbers.clusters[place] or answer.case.case_id
        for place, answers in enumerate(numbers.starts)
        for answer in numbers.answers[answers]
    }
    pairs = [
        (score.measurement, clusters[answer.case.case_id])
        for answer, score in zip(numbers.answers, scores, strict=True)
        if score.measurement is not None
    ]
    if not pairs:
        return None
    aggregate = curve.metric.apart.aggregating(metric)
    rows = [row for row, _ in pairs]
    if not curve.is_resampled:
        value = aggregate(rows)
        return MetricEstimate(value=value, low=None, high=None, n_cases=len(numbers.starts), method="no_interval")
    rng = np.random.default_rng(resampling_seed(curve.run.plan.seed, metric.signature))
    estimate = corpus_estimate(rows, aggregate, rng=rng, clusters=[unit for _, unit in pairs])
    return MetricEstimate.of(estimate.within(metric.value_range))


def _large_alone(curve: _Curve) -> CascadeFigures | None:
    """Return the larger model's answers at the cost of its own stage alone; None where it was not always asked."""
    numbers = curve.numbers
    everywhere = np.ones(len(numbers.answers), dtype=bool)
    if not len(everywhere) or numbers.is_unasked(everywhere).any():
        return None
    return _with_costs(curve, _quality(curve, everywhere), numbers.large_alone)


def _choice(curve: _Curve, shown: Sequence[float]) -> CascadeChoice | None:
    numbers = curve.numbers
    if curve.metric.is_over_all_cases or not shown or not _are_all_known(numbers, shown):
        return None
    escalated = [numbers.escalated(value) for value in shown]
    quality = np.array([numbers.by_case(numbers.quality.chosen(each), numbers.combine) for each in escalated])
    shares = np.array([numbers.by_case(each.astype(float), mean_of) for each in escalated])
    complete = ~np.isnan(quality).any(axis=0)
    case_ids = [numbers.answers[answers.start].case.case_id for answers in numbers.starts]
    pairs = zip(case_ids, numbers.clusters, complete, strict=True)
    units = [cluster or case_id for case_id, cluster, is_in in pairs if is_in]
    table = CurveTable(
        thresholds=tuple(None if value == _ABOVE_ALL else value for value in shown),
        quality=quality[:, complete],
        escalated=shares[:, complete],
        units=tuple(units),
        has_clusters=numbers.has_clusters,
        higher_is_better=higher_is_better(curve.metric.use.name, curve.metric.use.signature),
        value_range=curve.value_range,
    )
    return chosen_threshold(table, seed=resampling_seed(curve.run.plan.seed, curve.metric.use.signature))


def _are_all_known(numbers: CascadeNumbers, shown: Sequence[float]) -> bool:
    are_scored = Sides(small=numbers.is_known[0].astype(float), large=numbers.is_known[1].astype(float))
    return all(are_scored.chosen(numbers.escalated(value)).all() for value in shown)


def _notes(curve: _Curve, answerable: Sequence[float], shown: Sequence[float]) -> Iterator[str]:
    numbers, metric = curve.numbers, curve.metric
    n_answers, n_measured = len(numbers.answers), int(numbers.is_measured.sum())
    if n_left := len(curve.thresholds) - len(answerable):
        n_unasked = int(numbers.is_unasked(np.ones(n_answers, dtype=bool)).sum())
        yield (
            f"{curve.cascade.large} was not asked in {n_unasked:,} of {counted(n_answers, 'answer')}: what higher "
            f"thresholds give is not known. ask_both=true would add {counted(n_left, 'threshold')}."
        )
    if len(shown) < len(answerable):
        yield f"Shown: {len(shown):,} of {counted(len(answerable), 'threshold')}, evenly chosen; each is exact."
    if not metric.can_be_computed:
        yield (
            f"{metric.key} {metric.reason}: its value is known only at thresholds where every answer is the one that "
            "the run scored."
        )
    if metric.is_over_all_cases and not curve.is_resampled:
        yield f"{metric.key} is computed from all cases together; with more than {MOST_RESAMPLED} points, no intervals."
    if n_always := int((numbers.is_measured & np.isneginf(numbers.signals)).sum()):
        yield f"{counted(n_always, 'answer')} of {n_measured:,} had no signal, and escalates at every threshold."
    n_planned = curve.run.plan.n_cases * curve.run.plan.n_repeats
    if n_answers < n_planned:
        yield f"Not stored, and left out: {n_planned - n_answers:,} of {counted(n_planned, 'planned answer')}."
    if n_lost := int((numbers.has_failed & ~numbers.is_measured).sum()):
        yield f"{counted(n_lost, 'answer')} failed on the server before the signal was known: lost at every threshold."
    if curve.thresholds[-1] == _ABOVE_ALL and _ABOVE_ALL in shown:
        yield (
            "No threshold escalates every case, since some signals are "
            f"{quantity(highest_threshold(curve.cascade))}: the last point is beyond what the cascade can be set to."
        )
