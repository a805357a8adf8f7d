"""Measures the stored answers of one candidate, in batches. No generation is needed for a new metric."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.score import Measurement
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.records import MetricUse, ScoreRow, StoredOutcome
from evaluation.store.runs import find_run
from evaluation.store.scores import save_scores
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCounts:
    """How much was scored."""

    n_generations: int
    n_scores: int


def score_candidate(store: Store, run_id: str, run_candidate_id: int, metrics: Sequence[Metric]) -> ScoreCounts:
    """Counts of what was scored; every score is stored. The server's failures are left out, the candidate's are not."""
    n_generations = n_scores = 0
    version = find_run(store, run_id).plan.benchmark_version
    for page in iterate_outcomes(store, run_candidate_id):
        rows = _measure_page(store, version, page, metrics)
        save_scores(store, rows)
        n_generations += len(page)
        n_scores += len(rows)
    return ScoreCounts(n_generations=n_generations, n_scores=n_scores)


def _measure_page(
    store: Store, version: str, page: tuple[StoredOutcome, ...], metrics: Sequence[Metric]
) -> list[ScoreRow]:
    wanted = sorted({found.row.case_id for found in page})
    cases = {case.case_id: case for case in load_cases(store, version, wanted)}
    return [
        row
        for found in page
        if isinstance(found.row.outcome, Generation)
        for metric in metrics
        if (row := _measured(found.generation_id, metric, cases[found.row.case_id], found.row.outcome)) is not None
    ]


def _measured(generation_id: int, metric: Metric, case: Case, generation: Generation) -> ScoreRow | None:
    measurement = metric.measure(case, (generation,), {})
    if not isinstance(measurement, Measurement):
        return None
    return ScoreRow(
        generation_id=generation_id,
        metric=MetricUse(name=metric.name, signature=metric.signature),
        measurement=measurement,
        scorer_version=metric.scorer_version,
    )
