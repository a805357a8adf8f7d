"""Aggregation of single scores to a candidate's estimates in a run, each with its interval.

Only ids and numbers of 100,000 cases are in memory, never a text; a corpus metric's evidence is the exception.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.fingerprint import fingerprint
from evaluation.metrics.guarded_calls import BrokenMetricError
from evaluation.metrics.metric import CorpusMetric, Metric, TooFewRepeatsError
from evaluation.metrics.metric_process import MetricProcess
from evaluation.metrics.parsing import metric_class, metric_of, parse_metric
from evaluation.metrics.speed import TIMED_METRICS, EnergyPerRightJ, reads_the_prompt
from evaluation.metrics.third_party import MissingMetric
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunCandidateRecord, RunPlan
from evaluation.records.scores import EstimateRow
from evaluation.scores import Measurement
from evaluation.scoring.usage_estimates import candidate_cost, figure_estimates
from evaluation.stats.bootstrap import corpus_estimate
from evaluation.stats.intervals import mean_estimate
from evaluation.stats.ratio import ratio_estimate
from evaluation.store.benchmarks import case_clusters
from evaluation.store.outcome_numbers import failed_cases, iterate_energies, iterate_values
from evaluation.store.prompt_states import judge_prompts
from evaluation.store.runs import find_run
from evaluation.store.scores import forget_figures, iterate_scores, save_estimates
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseValues:
    """One metric's values of one candidate by case."""

    case_ids: tuple[str, ...]
    means: Sequence[float]
    """One mean for each case: repeats of a case are not independent evidence."""
    too_few: tuple[str, ...] = ()
    """Cases with scores, but of fewer repeats than the metric needs."""


def aggregate_run(
    store: Store,
    run_id: str,
    metrics: Sequence[str],
    *,
    apart: MetricProcess | None = None,
    only: Collection[int] | None = None,
) -> int:
    """Compute the estimates of a run, store them, and return how many the store now holds over all its candidates.

    Args:
        store: The store.
        run_id: Id of the run.
        metrics: As `parse_metric` reads them.
        apart: The processes in which metrics of other packages run; None: processes for this call alone.
        only: Row ids of the candidates that are estimated; None: all.
    """
    if apart is None:
        with MetricProcess() as apart:
            return aggregate_run(store, run_id, metrics, apart=apart, only=only)
    judge_prompts(store, run_id, only=only)
    run = find_run(store, run_id)
    clusters = case_clusters(store, run.plan.benchmark_version)
    estimated = [record for record in run.candidates if only is None or record.run_candidate_id in only]
    rows = [
        row
        for candidate in estimated
        for row in _candidate_estimates(store, run.plan, candidate, metrics, clusters, apart)
    ]
    forget_figures(store, [record.run_candidate_id for record in estimated], (*TIMED_METRICS, "cost_usd"))
    save_estimates(store, rows)
    return len(rows)


def _candidate_estimates(
    store: Store,
    plan: RunPlan,
    candidate: RunCandidateRecord,
    metrics: Sequence[str],
    clusters: Mapping[str, str],
    apart: MetricProcess,
) -> Iterator[EstimateRow]:
    run_candidate_id = candidate.run_candidate_id
    failed = failed_cases(store, run_candidate_id)
    for metric in map(parse_metric, metrics):
        if isinstance(metric, MissingMetric) or reads_the_prompt(metric):
            continue  # a figure is estimated below, apart for fresh and cached prompts
        with suppress(BrokenMetricError):  # it has no number then, which raises an alarm
            yield from _estimates(store, plan, run_candidate_id, metric, failed, clusters, apart)
    yield from figure_estimates(store, run_candidate_id, candidate_cost(candidate.plan.details))
    yield from _energy_per_right(store, plan, run_candidate_id, clusters)


def _estimates(
    store: Store,
    plan: RunPlan,
    run_candidate_id: int,
    metric: Metric,
    failed: Sequence[str],
    clusters: Mapping[str, str],
    apart: MetricProcess,
) -> Iterator[EstimateRow]:
    """Yield one metric's estimates."""
    if isinstance(metric, CorpusMetric):
        yield from _corpus_estimates(store, plan.seed, run_candidate_id, metric, clusters, apart)
    else:
        values = case_values(store, run_candidate_id, metric.signature, apart.combining(metric))
        yield from _mean_estimates(run_candidate_id, metric, values, failed, clusters)
        yield from _part_estimates(store, run_candidate_id, metric, clusters)


def _part_estimates(
    store: Store, run_candidate_id: int, metric: Metric, clusters: Mapping[str, str]
) -> Iterator[EstimateRow]:
    """Yield a mean for each number that the metric records beside its value."""
    if not metric.evidence_names:
        return
    scores, case_ids = _evidence(store, run_candidate_id, metric.signature)
    for place, quantity in enumerate(metric.evidence_names):
        pairs = [(case_id, float(score.evidence[place])) for case_id, score in zip(case_ids, scores, strict=True)]
        by_case = {case_id: _mean(values) for case_id, values in _by_case(pairs)}
        if by_case:
            mean = mean_estimate(
                list(by_case.values()), clusters=_clusters_of(list(by_case), clusters), value_range=metric.value_range
            )
            yield EstimateRow(
                run_candidate_id=run_candidate_id,
                metric=MetricUse(name=metric.name, signature=metric.signature),
                quantity=quantity,
                estimate=mean,
            )


def case_values(
    store: Store, run_candidate_id: int, signature: str, combine: Callable[[Sequence[float]], float] | None = None
) -> CaseValues:
    """Return the stored scores of one candidate and metric, sorted by case id.

    Never in the order in which answers came: resampling would then give another interval each time. A case with fewer
    repeats than the metric needs is left out, and named.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        signature: Signature of the metric.
        combine: The metric's function that computes a case's value from its repeats; None: their mean.
    """
    case_ids: list[str] = []
    too_few: list[str] = []
    means = array("d")
    for case_id, values in _by_case(iterate_values(store, run_candidate_id, signature)):
        try:
            means.append((combine or _mean)(values))
        except TooFewRepeatsError:
            too_few.append(case_id)
        else:
            case_ids.append(case_id)
    return CaseValues(case_ids=tuple(case_ids), means=means, too_few=tuple(too_few))


def read_by(uses: Iterable[MetricUse]) -> list[list[object]]:
    """Return what values of cases depend on beside the stored scores, as JSON: the metrics, and whether each is here.

    A metric of a user's own file, which says how repeats are combined, is there only in a process that has loaded it.
    """
    return [[use.name, use.signature, metric_of(use.name, use.signature) is not None] for use in uses]


def _by_case(pairs: Iterable[tuple[str, float]]) -> Iterator[tuple[str, list[float]]]:
    """Yield the values of each case, from pairs sorted by case."""
    for case_id, of_case in groupby(pairs, key=itemgetter(0)):
        yield case_id, [value for _, value in of_case]


def _mean(values: Sequence[float]) -> float:
    return values[0] if len(values) == 1 else sum(values) / len(values)


def _mean_estimates(
    run_candidate_id: int, metric: Metric, values: CaseValues, failed: Sequence[str], clusters: Mapping[str, str]
) -> Iterator[EstimateRow]:
    if not values.case_ids:
        return
    use = MetricUse(name=metric.name, signature=metric.signature)
    possible = metric.value_range
    estimate = mean_estimate(values.means, clusters=_clusters_of(values.case_ids, clusters), value_range=possible)
    yield EstimateRow(run_candidate_id=run_candidate_id, metric=use, estimate=estimate)
    if failed := (*failed, *values.too_few):
        all_values = array("d", values.means) + array("d", [0.0] * len(failed))
        clusters_of_all = _clusters_of((*values.case_ids, *failed), clusters)
        worst = mean_estimate(all_values, clusters=clusters_of_all, value_range=possible)
        yield EstimateRow(
            run_candidate_id=run_candidate_id,
            metric=use,
            quantity="mean_with_failures_as_zero",
            estimate=worst,
        )


def _clusters_of(case_ids: Sequence[str], clusters: Mapping[str, str]) -> list[str | None] | None:
    """Return the cluster of each case; None where no case declares one."""
    kinds = [clusters.get(case_id) for case_id in case_ids] if clusters else []
    return kinds if any(kind is not None for kind in kinds) else None


def _corpus_estimates(
    store: Store,
    seed: int,
    run_candidate_id: int,
    metric: CorpusMetric,
    clusters: Mapping[str, str],
    apart: MetricProcess,
) -> Iterator[EstimateRow]:
    """Yield the metric's value over all answers together; its interval resamples cases, or whole clusters."""
    rows, case_ids = _evidence(store, run_candidate_id, metric.signature)
    if not rows:
        return
    units = [clusters.get(case_id) or case_id for case_id in case_ids]
    rng = np.random.default_rng(resampling_seed(seed, metric.signature))
    estimate = corpus_estimate(rows, apart.aggregating(metric), rng=rng, clusters=units)
    yield EstimateRow(
        run_candidate_id=run_candidate_id,
        metric=MetricUse(name=metric.name, signature=metric.signature),
        estimate=replace(estimate, n_cases=len(set(case_ids))).within(metric.value_range),
    )


def _evidence(store: Store, run_candidate_id: int, signature: str) -> tuple[list[Measurement], list[str]]:
    """Return all measurements and their case ids, by case and repeat."""
    scores = sorted(iterate_scores(store, run_candidate_id, signature), key=lambda row: (row.case_id, row.repeat))
    return [score.measurement for score in scores], [score.case_id for score in scores]


def resampling_seed(seed: int, signature: str) -> int:
    """Return the seed with which a run's cases are resampled for a metric."""
    return int(fingerprint([seed, signature])[:16], 16)


def _says_how_right(name: str, signature: str) -> bool:
    """Return True for a metric whose value for one answer lies between 0, wrong, and 1, right."""
    parsed_metric = metric_of(name, signature)
    try:
        metric = metric_class(name) if parsed_metric is None else type(parsed_metric)
    except ConfigurationError:  # of a package that is no longer installed, or of a file that was not loaded
        return False
    return metric.unit == "fraction" and metric.higher_is_better and not issubclass(metric, CorpusMetric)


def _energy_per_right(
    store: Store, plan: RunPlan, run_candidate_id: int, clusters: Mapping[str, str]
) -> Iterator[EstimateRow]:
    """Yield the energy in J per score, where the headline says how right an answer is and energies are known."""
    signature = next((use.signature for use in plan.metrics if use.name == plan.headline), None)
    if signature is None or not _says_how_right(plan.headline, signature):
        return
    case_ids: list[str] = []
    joules, right = array("d"), array("d")
    energies = iterate_energies(store, run_candidate_id, signature)
    for case_id, of_case in groupby(energies, key=lambda answer: answer.case_id):
        answers = list(of_case)
        case_ids.append(case_id)
        joules.append(sum(answer.energy_j for answer in answers))
        right.append(sum(answer.score for answer in answers))
    if not case_ids:
        return
    metric = EnergyPerRightJ()
    rng = np.random.default_rng(resampling_seed(plan.seed, metric.signature))
    estimate = ratio_estimate(joules, right, rng=rng, clusters=_clusters_of(case_ids, clusters))
    if estimate is not None:
        use = MetricUse(name=metric.name, signature=metric.signature)
        yield EstimateRow(run_candidate_id=run_candidate_id, metric=use, estimate=estimate)
