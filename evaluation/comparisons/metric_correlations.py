"""How the metrics of a run go together over its cases, candidate by candidate."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from evaluation.comparisons.case_values import figures_of
from evaluation.comparisons.metrics import FIGURES as ALL_FIGURES
from evaluation.comparisons.sides import Member
from evaluation.metrics.guarded_calls import BrokenMetricError, combining
from evaluation.metrics.metric_facts import is_over_all_cases
from evaluation.metrics.parsing import metric_of
from evaluation.records.candidates import MetricUse
from evaluation.records.metric_keys import metric_keys
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.results.analytics import CorrelationsResult, MetricCorrelation
from evaluation.results.as_json import as_json, from_json
from evaluation.scoring.aggregation import case_values, read_by
from evaluation.stats.metric_correlation import MIN_CASES, Correlation, Draws, draw, rank_correlation
from evaluation.stats.multiplicity import holm
from evaluation.stats.vectors import Vector, cluster_means
from evaluation.store.benchmarks import case_clusters
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.runs import find_run
from evaluation.store.scores import load_estimates
from evaluation.store.session import Store

SHOWN = 0.05
FIGURES = ("latency_s", "output_tokens")
"""Figures of speed and cost that are held against the metrics."""
Values = Mapping[str, float]


def metric_correlations(store: Store, run_id: str) -> CorrelationsResult:
    """Return the correlation of every two metrics of a run, and of each with time and tokens, for each candidate.

    Metrics that are computed from all cases together have no value of a case, and are left out.

    Args:
        store: Where the run is.
        run_id: Id of the run, a prefix of one, or `last`.

    Raises:
        UnknownNameError: no such run.
    """
    run = find_run(store, run_id)
    words = _words(store, run)
    labels = [candidate.plan.label for candidate in run.candidates]
    basis = [labels, run.plan.seed, read_by(words), list(words.values())]

    def read() -> Any:
        return as_json(_correlations(store, run, words))

    return from_json(CorrelationsResult, kept_or_read(store, run.plan.run_id, "correlations", basis, read))


def _correlations(store: Store, run: RunRecord, words: Mapping[MetricUse, str]) -> CorrelationsResult:
    clusters = case_clusters(store, run.plan.benchmark_version)

    @lru_cache(maxsize=4)  # candidates that answered all cases share what is drawn
    def drawn(n_cases: int) -> Draws:
        return draw(n_cases, np.random.default_rng(run.plan.seed))

    rows = [
        row
        for candidate in run.candidates
        for row in _of_candidate(
            _values(store, candidate.run_candidate_id, words) | _figures(store, run, candidate),
            clusters,
            candidate.plan.label,
            drawn,
        )
    ]
    return CorrelationsResult(
        run_id=run.plan.run_id,
        benchmark=run.plan.benchmark_name,
        benchmark_version=run.plan.benchmark_version,
        correlations=tuple(_adjusted(rows)),
    )


def _words(store: Store, run: RunRecord) -> dict[MetricUse, str]:
    scored = list(dict.fromkeys(row.metric for row in load_estimates(store, run.plan.run_id)))
    keys = metric_keys(run.plan.metrics, scored)
    return {
        use: keys[use.signature]
        for use in scored
        if use.name not in ALL_FIGURES and not is_over_all_cases(use.name, use.signature)
    }


def _figures(store: Store, run: RunRecord, candidate: RunCandidateRecord) -> dict[str, Values]:
    """Return time and tokens by case, of the prompts that the server had cached alike: the most of them."""
    figures = figures_of(store, Member(run=run, candidate=candidate, profile=""))
    values: dict[str, Values] = {}
    for name in FIGURES:
        by_state = (
            {case_id: value for case_id, value in zip(figures.case_ids, column, strict=True) if value == value}
            for column in figures.columns[name].values()
        )
        values[name] = max(by_state, key=len, default={})
    return values


def _values(store: Store, row_id: int, words: Mapping[MetricUse, str]) -> dict[str, Values]:
    values: dict[str, Values] = {}
    for use, word in words.items():
        metric = metric_of(use.name, use.signature)
        try:
            of_cases = case_values(store, row_id, use.signature, combining(metric) if metric is not None else None)
        except BrokenMetricError:  # the run's own page says so
            continue
        if of_cases.case_ids:  # seconds per token and the like are of no score
            values[word] = dict(zip(of_cases.case_ids, of_cases.means, strict=True))
    return values


def _of_candidate(
    values: Mapping[str, Values], clusters: Mapping[str, str], label: str, drawn: Callable[[int], Draws]
) -> Iterator[MetricCorrelation]:
    for first, second in combinations(sorted(values), 2):
        x, y = _paired(values[first], values[second], clusters)
        correlation = rank_correlation(x, y, drawn(x.size)) if x.size >= MIN_CASES else None
        yield _row(correlation, n=x.size, candidate=label, first=first, second=second)


def _paired(first: Values, second: Values, clusters: Mapping[str, str]) -> tuple[Vector, Vector]:
    """Return the values of the cases that have both; of cases of one cluster, which are not independent, the means."""
    shared = sorted(first.keys() & second.keys())
    x, y = (np.array([side[case_id] for case_id in shared]) for side in (first, second))
    if not any(case_id in clusters for case_id in shared):
        return x, y
    of_cases = [clusters.get(case_id) for case_id in shared]
    return cluster_means(x, of_cases), cluster_means(y, of_cases)


def _row(correlation: Correlation | None, *, n: int, candidate: str, first: str, second: str) -> MetricCorrelation:
    low, high = (None, None) if correlation is None or correlation.interval is None else correlation.interval
    return MetricCorrelation(
        candidate=candidate,
        first=first,
        second=second,
        correlation=None if correlation is None else correlation.value,
        low=low,
        high=high,
        n_cases=n,
        p_value=None if correlation is None else correlation.p_value,
        p_adjusted=None,
        is_shown=False,
    )


def _adjusted(rows: list[MetricCorrelation]) -> Iterator[MetricCorrelation]:
    adjusted = iter(holm([row.p_value for row in rows if row.p_value is not None]))
    for row in rows:
        if row.p_value is None:
            yield row
        else:
            p = next(adjusted)
            yield replace(row, p_adjusted=p, is_shown=p <= SHOWN)
