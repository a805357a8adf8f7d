"""From the scores of single cases to a candidate's numbers in a run, each with its interval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from evaluation.case import Case
from evaluation.fingerprint import fingerprint
from evaluation.generation import Failure, Generation
from evaluation.metrics import METRICS
from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.score import Estimate, Measurement
from evaluation.stats.estimate import corpus_estimate, mean_estimate, quantile_estimate
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.records import EstimateRow, MetricUse
from evaluation.store.runs import find_run
from evaluation.store.scores import iterate_scores, save_estimates
from evaluation.store.session import Store

HIGHEST_BY_UNIT = {"fraction": 1.0, "percent": 100.0, "s": inf, "s/token": inf, "token/s": inf}
"""What a metric of that unit can be at most; none can be less than 0."""
LATENCY_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseScores:
    """One metric's measurements of one candidate, case by case."""

    case_ids: tuple[str, ...]
    rows: tuple[tuple[Measurement, ...], ...]
    """The repeats of each case."""

    @property
    def means(self) -> list[float]:
        """One value a case: repeats of one case are not independent evidence."""
        return [float(np.mean([row.value for row in repeats])) for repeats in self.rows]


def aggregate_run(store: Store, run_id: str, metrics: Sequence[str]) -> int:
    """The number of estimates that now stand in the store for a run, over all its candidates."""
    run = find_run(store, run_id)
    clusters = {case.case_id: case.cluster for case in load_cases(store, run.plan.benchmark_version)}
    rows = [
        row
        for candidate in run.candidates
        for row in _candidate_estimates(store, run.plan.seed, candidate.run_candidate_id, metrics, clusters)
    ]
    save_estimates(store, rows)
    return len(rows)


def _candidate_estimates(
    store: Store, seed: int, run_candidate_id: int, metrics: Sequence[str], clusters: dict[str, str | None]
) -> Iterator[EstimateRow]:
    failed = _failed_cases(store, run_candidate_id)
    for text in metrics:
        metric = parse_metric(text)
        scores = case_scores(store, run_candidate_id, metric.signature)
        yield from _metric_estimates(seed, run_candidate_id, metric, scores, failed, clusters)
    yield from _speed_estimates(store, run_candidate_id)


def case_scores(store: Store, run_candidate_id: int, signature: str) -> CaseScores:
    """The stored scores of one candidate and metric, by case and repeat.

    Never in the order in which answers came: resampling would then give another interval each time.
    """
    by_case: dict[str, dict[int, Measurement]] = {}
    for score in iterate_scores(store, run_candidate_id, signature):
        by_case.setdefault(score.case_id, {})[score.repeat] = score.measurement
    case_ids = tuple(sorted(by_case))
    rows = (tuple(by_case[case_id][repeat] for repeat in sorted(by_case[case_id])) for case_id in case_ids)
    return CaseScores(case_ids=case_ids, rows=tuple(rows))


def _failed_cases(store: Store, run_candidate_id: int) -> list[str]:
    """Cases on which the server failed in every repeat, sorted."""
    failed: set[str] = set()
    answered: set[str] = set()
    for page in iterate_outcomes(store, run_candidate_id):
        for found in page:
            (failed if isinstance(found.row.outcome, Failure) else answered).add(found.row.case_id)
    return sorted(failed - answered)


def _metric_estimates(
    seed: int,
    run_candidate_id: int,
    metric: Metric,
    scores: CaseScores,
    failed: Sequence[str],
    clusters: dict[str, str | None],
) -> Iterator[EstimateRow]:
    if not scores.case_ids:
        return
    use = MetricUse(name=metric.name, signature=metric.signature)
    kinds = [clusters.get(case_id) for case_id in scores.case_ids]
    estimate = _within_range(metric, _estimate(seed, metric, scores, kinds))
    yield EstimateRow(run_candidate_id=run_candidate_id, metric=use, estimate=estimate)
    if failed and not isinstance(metric, CorpusMetric):
        worst = mean_estimate(
            [*scores.means, *(0.0 for _ in failed)], clusters=_declared([*kinds, *(clusters.get(i) for i in failed)])
        )
        yield EstimateRow(
            run_candidate_id=run_candidate_id,
            metric=use,
            quantity="mean_with_failures_as_zero",
            estimate=_within_range(metric, worst),
        )


def _estimate(seed: int, metric: Metric, scores: CaseScores, kinds: Sequence[str | None]) -> Estimate:
    if not isinstance(metric, CorpusMetric):
        return mean_estimate(scores.means, clusters=_declared(kinds))
    units = [kind or case_id for kind, case_id in zip(kinds, scores.case_ids, strict=True)]
    rows = [row for repeats in scores.rows for row in repeats]
    of_rows = [unit for unit, repeats in zip(units, scores.rows, strict=True) for _ in repeats]
    rng = np.random.default_rng(int(fingerprint([seed, metric.signature])[:16], 16))
    estimate = corpus_estimate(rows, metric.aggregate, rng=rng, clusters=of_rows)
    return replace(estimate, n_cases=len(scores.case_ids))


def _within_range(metric: Metric, estimate: Estimate) -> Estimate:
    """The estimate with its interval cut to values that the metric can take, which costs no coverage."""
    highest = HIGHEST_BY_UNIT.get(metric.unit)
    if highest is None or estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=max(0.0, estimate.low), high=min(highest, estimate.high))


def _declared(kinds: Sequence[str | None]) -> Sequence[str | None] | None:
    """The clusters, where the benchmark declares any."""
    return kinds if any(kind is not None for kind in kinds) else None


def _speed_estimates(store: Store, run_candidate_id: int) -> Iterator[EstimateRow]:
    metrics = [METRICS[name]() for name in SPEED_METRICS]
    values: dict[str, dict[str, list[float]]] = {metric.name: {} for metric in metrics}
    for page in iterate_outcomes(store, run_candidate_id):
        for found in page:
            if isinstance(found.row.outcome, Generation):
                for metric in metrics:
                    _note(values[metric.name], metric, found.row.case_id, found.row.outcome)
    for metric in metrics:
        yield from _speed_rows(run_candidate_id, metric, values[metric.name])


def _note(values: dict[str, list[float]], metric: Metric, case_id: str, generation: Generation) -> None:
    measured = metric.measure(Case(case_id=case_id), (generation,), {})
    if measured is not None:
        values.setdefault(case_id, []).append(measured.value)


def _speed_rows(run_candidate_id: int, metric: Metric, values: dict[str, list[float]]) -> Iterator[EstimateRow]:
    if not values:
        return
    use = MetricUse(name=metric.name, signature=metric.signature)
    means = [float(np.mean(repeats)) for repeats in values.values()]
    yield EstimateRow(
        run_candidate_id=run_candidate_id, metric=use, estimate=_within_range(metric, mean_estimate(means))
    )
    if metric.name == "latency_s":
        for quantity, q in LATENCY_QUANTILES.items():
            yield EstimateRow(
                run_candidate_id=run_candidate_id, metric=use, quantity=quantity, estimate=quantile_estimate(means, q)
            )
