"""Scoring of one candidate's stored answers, in batches. A new metric needs no new generation."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation.generation import Generation
from evaluation.metrics.metric import Metric, ModelMetric, Need
from evaluation.metrics.metric_process import MetricProcess, is_ours
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.third_party import MissingMetric
from evaluation.planning.plan import MetricModelPlan
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import StoredOutcome
from evaluation.records.scores import ScoreRow
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.runs import find_run
from evaluation.store.scores import judged_ids, save_scores
from evaluation.store.session import Store

ASKED = frozenset({Need.EMBEDDER, Need.SANDBOX, Need.JUDGE})
SAVED_AFTER_S = 1.0
"""Seconds of scoring by third-party metrics that a killed process can lose at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCounts:
    """Numbers of scores."""

    n_generations: int
    n_scores: int
    n_failed: int = 0
    """Scores that could not be obtained."""


def asks(metric: Metric) -> bool:
    """Return True for a metric that needs vectors, verdicts or programs' outcomes: see `asked_scoring`."""
    return bool(metric.asks_for & ASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsByWork:
    """Metrics of a run by what they need, each as parsed by `parse_metric`."""

    plain: tuple[str, ...]
    """Metrics that need only the answer."""
    programs: tuple[str, ...]
    """Metrics that run programs in the sandbox."""
    by_model: Mapping[tuple[str, str, str], tuple[str, ...]]
    """Metrics that use a model, by purpose, model name and digest."""

    def of_model(self, model: MetricModelPlan) -> tuple[str, ...]:
        """Return the metrics that ask that model."""
        return self.by_model.get((model.need, model.model, model.digest), ())


def by_work(metrics: Sequence[str]) -> MetricsByWork:
    """Return the metrics of a run, grouped by the kind of work that they need."""
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


def score_candidate(
    store: Store, run_id: str, run_candidate_id: int, metrics: Sequence[Metric], *, apart: MetricProcess | None = None
) -> ScoreCounts:
    """Score a candidate's answers, store every score and return the counts; server failures are left out.

    Built-in metrics come first, then the others one after the other, so that none waits for a later one that never
    returns.

    Args:
        store: The store with the answers, in which the scores are stored.
        run_id: Id of the run.
        run_candidate_id: The candidate in its run.
        metrics: Metrics that ask for nothing.
        apart: The processes in which metrics of other packages measure; None: processes for this call alone.
    """
    if apart is None:
        with MetricProcess() as apart:
            return score_candidate(store, run_id, run_candidate_id, metrics, apart=apart)
    version = find_run(store, run_id).plan.benchmark_version
    n_generations = n_scores = n_failed = 0
    ours, others = list(filter(is_ours, metrics)), [metric for metric in metrics if not is_ours(metric)]
    for some in (ours, *([metric] for metric in others)):
        if not some:
            continue
        n_generations = 0
        for page in iterate_outcomes(store, run_candidate_id):
            n_generations += len(page)
            for rows in _measured_page(store, version, page, some, apart):
                save_scores(store, rows)
                failed = sum(isinstance(row.measurement, ScoreFailure) for row in rows)
                n_failed += failed
                n_scores += len(rows) - failed
    return ScoreCounts(n_generations=n_generations, n_scores=n_scores, n_failed=n_failed)


def _measured_page(
    store: Store, version: str, page: tuple[StoredOutcome, ...], metrics: Sequence[Metric], apart: MetricProcess
) -> Iterator[list[ScoreRow]]:
    """Yield the page's scores in parts, so that none of them waits long to be stored."""
    case_ids = sorted({stored.row.case_id for stored in page})
    cases = {case.case_id: case for case in load_cases(store, version, case_ids)}
    ids = [stored.generation_id for stored in page]
    # A metric that is lost takes no score away that it gave before.
    kept: dict[Metric, frozenset[int]] = {
        metric: judged_ids(store, metric.signature, ids) for metric in metrics if isinstance(metric, MissingMetric)
    }
    rows: list[ScoreRow] = []
    saved_at = time.monotonic()
    for stored in page:
        if not isinstance(stored.row.outcome, Generation):
            continue
        for metric in metrics:
            if stored.generation_id in kept.get(metric, ()):
                continue
            measured = apart.measured(metric, cases[stored.row.case_id], (stored.row.outcome,), {})
            if (row := as_row(stored.generation_id, metric, measured)) is not None:
                rows.append(row)
        if time.monotonic() - saved_at >= SAVED_AFTER_S:
            yield rows
            rows, saved_at = [], time.monotonic()
    yield rows


def as_row(generation_id: int, metric: Metric, measurement: Measurement | ScoreFailure | None) -> ScoreRow | None:
    """Return a metric's measurement of a generation as it is stored; None where it has no value for it."""
    if measurement is None:
        return None
    return ScoreRow(
        generation_id=generation_id,
        metric=MetricUse(name=metric.name, signature=metric.signature),
        measurement=measurement,
        scorer_version=metric.scorer_version,
    )
