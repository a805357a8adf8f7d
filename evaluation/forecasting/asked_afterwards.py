"""How often are the models of metrics asked once the answers are there? At most: equal answers are asked once."""

from dataclasses import dataclass

from evaluation.benchmarks.sampling import chosen_cases
from evaluation.metrics.metric import ModelMetric
from evaluation.request import EvaluationRequest
from evaluation.resolving import Resolution
from evaluation.resolving.metric_models import models_needed


@dataclass(frozen=True, kw_only=True)
class AskedAfterwards:
    """A model that metrics ask."""

    need: str
    """`embedder` or `judge`."""
    model: str
    endpoint: str
    n_answers: int
    """Answers that it is asked about, over all its metrics; an embedder embeds their references too."""


def asked_afterwards(request: EvaluationRequest, resolution: Resolution) -> tuple[AskedAfterwards, ...]:
    """Every model that metrics ask, in the order in which they are asked."""
    return tuple(
        AskedAfterwards(
            need=str(model.need),
            model=model.model,
            endpoint=model.resolved.endpoint.name,
            n_answers=sum(
                _n_answers(metric, len(resolution.candidates))
                * len(chosen_cases(item.benchmark, limit=request.limit, seed=request.seed))
                * request.repeats
                for item in resolution.benchmarks
                for metric in item.metrics
                if isinstance(metric, ModelMetric)
                and model.need in models_needed(metric)
                and (metric.model, metric.digest) == (model.model, model.digest)
            ),
        )
        for model in resolution.metric_models
    )


def _n_answers(metric: ModelMetric, n_candidates: int) -> int:
    """For each case: a pair is asked about twice, and the first candidate is nobody's opponent but the others'."""
    return 2 * (n_candidates - 1) if hasattr(metric, "against") else n_candidates
