"""Resolution of the judge that grades calls in production."""

from dataclasses import dataclass

from evaluation.metrics.judges.rubric import JudgeRubric
from evaluation.metrics.metric import Metric
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution.endpoints import resolve_endpoints
from evaluation.resolution.metric_models import MetricModel, bound_metrics, resolve_metric_models
from evaluation.settings import Settings
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class ResolvedJudge:
    """A judge's metric bound to its weights, and the model with its server."""

    metric: Metric
    model: MetricModel
    notes: tuple[str, ...]


async def resolve_judge(
    request: EvaluationRequest, *, criteria: str, settings: Settings, store: Store
) -> ResolvedJudge:
    """Return the judge that the request names, as its server has it now.

    Args:
        request: Names the judge and the servers on which it is looked for.
        criteria: What a good answer is; empty: general criteria.
        settings: Where servers are when none is named.
        store: Store of the registered endpoints.

    Raises:
        ConfigurationError: no server answers or has the model, or it cannot judge.
    """
    rubric = JudgeRubric(criteria=criteria)
    endpoints, notes = await resolve_endpoints(request, settings=settings, store=store)
    models, model_notes = await resolve_metric_models(request, [rubric], endpoints, settings=settings, store=store)
    (metric,) = bound_metrics([rubric], models, against=None)
    return ResolvedJudge(metric=metric, model=models[0], notes=(*notes, *model_notes))
