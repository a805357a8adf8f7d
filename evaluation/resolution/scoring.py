"""Resolution of a request to score a stored run again: its metrics and their models."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.errors import ConfigurationError
from evaluation.metrics.metric import Metric
from evaluation.records.runs import RunRecord
from evaluation.requests.score_request import ScoreRequest
from evaluation.resolution.benchmarks import resolve_benchmark
from evaluation.resolution.endpoints import ResolvedEndpoint, resolve_endpoints
from evaluation.resolution.metric_models import (
    MetricModel,
    bound_metrics,
    models_needed,
    opponent_name,
    refuse_without_opponent,
    resolve_metric_models,
)
from evaluation.settings import Settings
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.runs import find_run
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class ScoringResolution:
    """A stored run with metrics whose models are resolved."""

    run: RunRecord
    metrics: tuple[Metric, ...]
    models: tuple[MetricModel, ...]
    notes: tuple[str, ...]


async def resolve_scoring(request: ScoreRequest, *, settings: Settings, store: Store) -> ScoringResolution:
    """Return the run, its metrics and their models.

    Raises:
        UnknownNameError: no such run or metric.
        ConfigurationError: a name, value or server that the user can correct.
    """
    run = find_run(store, request.run)
    if not run.candidates:
        raise ConfigurationError(f"run {run.plan.run_id} has no candidate", "Name another run.")
    evaluation_request = request.for_run(run)
    benchmark = load_benchmark_version(store, run.plan.benchmark_version, run.plan.benchmark_name)
    metrics = resolve_benchmark(benchmark, evaluation_request).metrics
    if not any(models_needed(metric) for metric in metrics):
        return ScoringResolution(run=run, metrics=metrics, models=(), notes=())
    refuse_without_opponent(metrics, [candidate.plan.label for candidate in run.candidates])
    endpoints, notes = await resolve_endpoints(evaluation_request, settings=settings, store=store)
    models, model_notes = await resolve_metric_models(
        evaluation_request, metrics, endpoints, settings=settings, store=store
    )
    first = run.candidates[0].plan
    bound = bound_metrics(
        metrics,
        models,
        against=opponent_name(first.label, first.candidate_fingerprint),
        criteria=benchmark.criteria,
    )
    return ScoringResolution(
        run=run, metrics=bound, models=models, notes=(*_notes_on_used_servers(notes, endpoints, models), *model_notes)
    )


def _notes_on_used_servers(
    notes: Sequence[str], endpoints: Sequence[ResolvedEndpoint], models: Sequence[MetricModel]
) -> list[str]:
    """Return the notes without those on servers that have no model of a metric and therefore are not asked."""
    used_names = {endpoint.name for model in models for endpoint in model.resolved.endpoints}
    others = [f"{endpoint.name}: " for endpoint in endpoints if endpoint.name not in used_names]
    return [note for note in notes if not note.startswith(tuple(others))]
