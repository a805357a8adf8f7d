"""Measures the stored answers of one candidate, in batches. No generation is needed for a new metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.generation import Generation
from evaluation.metrics.measuring import measured
from evaluation.metrics.metric import Metric, ModelMetric, Need
from evaluation.metrics.parsing import parse_metric
from evaluation.planning import AskedModel
from evaluation.score import Measurement, ScoreFailure
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.records import MetricUse, ScoreRow, StoredOutcome
from evaluation.store.runs import find_run
from evaluation.store.scores import save_scores
from evaluation.store.session import Store

ASKED = frozenset({Need.EMBEDDER, Need.SANDBOX, Need.JUDGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCounts:
    """How much was scored."""

    n_generations: int
    n_scores: int
    n_failed: int = 0
    """Scores that could not be had."""


def asks(metric: Metric) -> bool:
    """True for a metric that needs vectors, verdicts or programs' outcomes: see `asked_scoring`."""
    return bool(metric.asks_for & ASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsByWork:
    """Metrics of a run by who has to do something for them, each as `parse_metric` reads it."""

    plain: tuple[str, ...]
    """Those that need the answer alone."""
    programs: tuple[str, ...]
    """Those that run programs in the sandbox."""
    by_model: Mapping[tuple[str, str, str], tuple[str, ...]]
    """Those that ask a model, by what it is needed for, its name and its digest."""

    def of_model(self, asked: AskedModel) -> tuple[str, ...]:
        """Those that ask that model."""
        return self.by_model.get((asked.need, asked.model, asked.digest), ())


def by_work(metrics: Sequence[str]) -> MetricsByWork:
    """The metrics of a run, sorted by the work that they make."""
    plain: list[str] = []
    programs: list[str] = []
    by_model: dict[tuple[str, str, str], list[str]] = {}
    for text in metrics:
        metric = parse_metric(text)
        if not asks(metric):
            plain.append(text)
        elif isinstance(metric, ModelMetric) and (needs := metric.asks_for & {Need.EMBEDDER, Need.JUDGE}):
            (need,) = needs
            by_model.setdefault((str(need), metric.model, metric.digest), []).append(text)
        else:
            programs.append(text)
    return MetricsByWork(
        plain=tuple(plain),
        programs=tuple(programs),
        by_model={model: tuple(texts) for model, texts in by_model.items()},
    )


def score_candidate(store: Store, run_id: str, run_candidate_id: int, metrics: Sequence[Metric]) -> ScoreCounts:
    """Counts of what was scored; every score is stored. The server's failures are left out, the candidate's are not.

    Args:
        store: Where the answers are, and the scores go.
        run_id: The run.
        run_candidate_id: Its candidate.
        metrics: Those that ask for nothing.
    """
    n_generations = n_scores = n_failed = 0
    version = find_run(store, run_id).plan.benchmark_version
    for page in iterate_outcomes(store, run_candidate_id):
        rows = _measure_page(store, version, page, metrics)
        save_scores(store, rows)
        n_generations += len(page)
        failed = sum(isinstance(row.measurement, ScoreFailure) for row in rows)
        n_failed += failed
        n_scores += len(rows) - failed
    return ScoreCounts(n_generations=n_generations, n_scores=n_scores, n_failed=n_failed)


def _measure_page(
    store: Store, version: str, page: tuple[StoredOutcome, ...], metrics: Sequence[Metric]
) -> list[ScoreRow]:
    wanted = sorted({found.row.case_id for found in page})
    cases = {case.case_id: case for case in load_cases(store, version, wanted)}
    rows = (
        as_row(found.generation_id, metric, measured(metric, cases[found.row.case_id], (found.row.outcome,), {}))
        for found in page
        if isinstance(found.row.outcome, Generation)
        for metric in metrics
    )
    return [row for row in rows if row is not None]


def as_row(generation_id: int, metric: Metric, measurement: Measurement | ScoreFailure | None) -> ScoreRow | None:
    """What a metric said of a generation, as it is stored; None where it has no value for it."""
    if measurement is None:
        return None
    return ScoreRow(
        generation_id=generation_id,
        metric=MetricUse(name=metric.name, signature=metric.signature),
        measurement=measurement,
        scorer_version=metric.scorer_version,
    )
