"""The models that metrics ask, and the servers on which these models and the candidates run."""

from collections.abc import Sequence
from typing import Any

from evaluation.metrics.metric import Need
from evaluation.options import effective_options
from evaluation.planning.plan import Lane, MetricModelPlan
from evaluation.providers import PROVIDERS
from evaluation.resolution.endpoints import ResolvedEndpoint
from evaluation.resolution.metric_models import MetricModel

JUDGE_NUM_CTX = 8192


def models_for_metrics(models: Sequence[MetricModel], *, allow_remote: bool) -> tuple[MetricModelPlan, ...]:
    """Return the models that metrics ask, embedders first, since they are small and finish soon."""
    return tuple(
        MetricModelPlan(
            need=str(model.need),
            model=model.model,
            digest=model.digest,
            lane=lane_of(model.resolved.endpoint, allow_remote=allow_remote),
            options=_judging_options(model),
            think=model.resolved.candidate.think,
        )
        for model in sorted(models, key=lambda model: model.need is Need.JUDGE)
    )


def _judging_options(model: MetricModel) -> dict[str, Any]:
    """Return the options of every judge: greedy decoding, and room for a long answer."""
    info = model.resolved.info
    judge_options = {"temperature": 0.0, "num_ctx": min(JUDGE_NUM_CTX, info.context_length or JUDGE_NUM_CTX)}
    options = effective_options(judge_options, benchmark={}, model=info.parameters)
    sent = PROVIDERS[model.resolved.endpoint.provider].sent_options(options)
    return {name: value for name, value in sent.items() if name not in ("num_predict", "stop")}


def lane_of(endpoint: ResolvedEndpoint, *, allow_remote: bool) -> Lane:
    """Return the lane of a server."""
    return Lane(
        endpoint_name=endpoint.name,
        url=endpoint.url,
        provider=endpoint.provider,
        key_variable=endpoint.key_variable,
        slots=endpoint.slots,
        allow_remote=endpoint.allow_remote or allow_remote,
        gpu_tag=endpoint.gpu_tag,
        slots_are_given=endpoint.slots_are_given,
    )
