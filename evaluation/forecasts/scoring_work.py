"""Scoring work to expect after generation: requests to metrics' models, programs to run, and their duration.

The counts are upper bounds: equal answers are requested once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.benchmarks.sampling import chosen_cases
from evaluation.forecasts.scoring_pace import ScoringPace, n_requests, scoring_pace
from evaluation.metrics.metric import Metric, ModelMetric, Need
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution import Resolution
from evaluation.resolution.metric_models import MetricModel, models_needed
from evaluation.store.session import Store


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
        * len(chosen_cases(item.benchmark, limit=request.limit, seed=request.seed))
        * request.repeats
        for item in resolution.benchmarks
        for metric in item.metrics
        if is_meant(metric)
    )


def _n_requests_by_case(metric: Metric, n_candidates: int) -> int:
    """Return the number of requests for each case: the first candidate is an opponent only for the others."""
    return n_requests(metric) * (n_candidates - 1 if n_requests(metric) > 1 else n_candidates)
