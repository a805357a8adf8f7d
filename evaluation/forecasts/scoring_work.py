"""Scoring work to expect after generation: requests to metrics' models, programs to run, and their duration.

The counts are upper bounds: equal answers are requested once.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from evaluation.benchmarks.sampling import chosen_cases
from evaluation.metrics.metric import Metric, ModelMetric, Need
from evaluation.metrics.parsing import metric_of
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution.metric_models import MetricModel, models_needed
from evaluation.resolution.resolution import Resolution
from evaluation.store.past_scoring import StoredThen, known_metrics, newest_scores
from evaluation.store.session import Store

LONGEST_PAUSE_S = 600.0
"""After a longer one somebody began again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringPace:
    """Time per request over the newest scores."""

    n_scores: int
    newest_at: datetime
    request_s: float
    """Mean, at the concurrency of that time."""


def n_requests(metric: Metric) -> int:
    """Return the number of requests for one score: a pair is judged in both orders."""
    return 2 if hasattr(metric, "against") else 1


def scoring_pace(store: Store, is_meant: Callable[[Metric], bool]) -> ScoringPace | None:
    """Return the pace of scoring with those metrics; None where too few scores were stored to tell.

    Scores are stored in batches: each batch took the time since the batch before it. The first one of a run does not
    count, since its start is unknown.

    Args:
        store: Where the scores are.
        is_meant: Which metrics count, whatever their options: those that ask one judge, say.
    """
    weights = {
        use.signature: n_requests(metric)
        for use in known_metrics(store)
        if (metric := metric_of(use.name, use.signature)) is not None and is_meant(metric)
    }
    scores = newest_scores(store, list(weights)) if weights else ()
    n_asked, seconds = 0, 0.0
    for run_id in dict.fromkeys(score.run_id for score in scores):
        batches = _batches([score for score in scores if score.run_id == run_id], weights)
        for (before, _), (moment, n) in pairwise(batches):
            pause = (moment - before).total_seconds()
            if pause <= LONGEST_PAUSE_S:
                n_asked, seconds = n_asked + n, seconds + pause
    if not n_asked:
        return None
    return ScoringPace(n_scores=len(scores), newest_at=scores[-1].stored_at, request_s=seconds / n_asked)


def _batches(scores: list[StoredThen], weights: dict[str, int]) -> list[tuple[datetime, int]]:
    """Return the moments at which scores were stored, each with the number of requests behind them."""
    counted: Counter[datetime] = Counter()
    for score in scores:
        counted[score.stored_at] += weights[score.signature]
    return sorted(counted.items())


@dataclass(frozen=True, kw_only=True)
class ScoringWork:
    """A model that metrics use, or the sandbox."""

    need: str
    """`embedder`, `judge` or `sandbox`."""
    model: str | None
    """None for the sandbox."""
    endpoint: str | None
    n_answers: int
    """Answers to process over all its metrics; an embedder also embeds their references."""
    seconds: float | None
    """None without past requests, or with too few for an estimate."""
    pace: ScoringPace | None
    """Basis of the estimate."""


def work_of_metrics(store: Store, request: EvaluationRequest, resolution: Resolution) -> tuple[ScoringWork, ...]:
    """Return the sandbox where programs are run, then every model that metrics ask, in the order of their use."""
    works = [_work_of(store, request, resolution, Need.SANDBOX, None)]
    works += [_work_of(store, request, resolution, model.need, model) for model in resolution.metric_models]
    return tuple(work for work in works if work.n_answers)


def _work_of(
    store: Store, request: EvaluationRequest, resolution: Resolution, need: Need, model: MetricModel | None
) -> ScoringWork:
    is_meant = _asking_for_programs if model is None else _asking(model)
    n_answers = _n_answers(request, resolution, is_meant)
    pace = scoring_pace(store, is_meant) if n_answers else None
    return ScoringWork(
        need=str(need),
        model=None if model is None else model.model,
        endpoint=None if model is None else model.resolved.endpoint.name,
        n_answers=n_answers,
        seconds=None if pace is None else n_answers * pace.request_s,
        pace=pace,
    )


def _asking_for_programs(metric: Metric) -> bool:
    return Need.SANDBOX in metric.asks_for


def _asking(model: MetricModel) -> Callable[[Metric], bool]:
    def asks(metric: Metric) -> bool:
        return (
            isinstance(metric, ModelMetric)
            and model.need in models_needed(metric)
            and (metric.model, metric.digest) == (model.model, model.digest)
        )

    return asks


def _n_answers(request: EvaluationRequest, resolution: Resolution, is_meant: Callable[[Metric], bool]) -> int:
    n_candidates = len(resolution.candidates)
    return sum(
        _n_requests_by_case(metric, n_candidates)
        * len(chosen_cases(item.benchmark, limit=request.case_limit, seed=request.seed))
        * request.repeats
        for item in resolution.benchmarks
        for metric in item.metrics
        if is_meant(metric)
    )


def _n_requests_by_case(metric: Metric, n_candidates: int) -> int:
    """Return the number of requests for each case: the first candidate is an opponent only for the others."""
    return n_requests(metric) * (n_candidates - 1 if n_requests(metric) > 1 else n_candidates)
