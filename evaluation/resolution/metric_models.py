"""Resolution of the embedder and judges of metrics: their servers and weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evaluation.errors import ConfigurationError
from evaluation.metrics.metric import Metric, ModelMetric, Need
from evaluation.requests.evaluation_request import CandidateRequest, EvaluationRequest
from evaluation.resolution.abilities import refuse_without_ability
from evaluation.resolution.candidates import resolve_candidate
from evaluation.resolution.embedding_check import EmbeddingCheck
from evaluation.resolution.endpoints import ResolvedEndpoint, resolve_endpoints
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.settings import Settings

if TYPE_CHECKING:
    from evaluation.store.session import Store

MODEL_NEEDS = frozenset({Need.EMBEDDER, Need.JUDGE})
_FLAGS = {Need.EMBEDDER: "--embedder MODEL", Need.JUDGE: "--judge MODEL"}


@dataclass(frozen=True, kw_only=True)
class MetricModel:
    """A model that metrics use, with the server that runs it."""

    need: Need
    name: str
    """Name as requested, without the server."""
    resolved: ResolvedCandidate

    @property
    def model(self) -> str:
        """The model's full name."""
        return self.resolved.info.name

    @property
    def digest(self) -> str:
        """Digest of the weights; where the server gives none, another text that tells them apart."""
        return self.resolved.info.digest or f"unverified at {self.resolved.endpoint.url}"


def models_needed(metric: Metric) -> frozenset[Need]:
    """Return which models the metric asks: an embedder, a judge, or neither."""
    return metric.asks_for & MODEL_NEEDS


def offered_needs(request: EvaluationRequest, metric: Metric) -> frozenset[Need]:
    """Return the needs of a metric that the request can meet, apart from the case.

    Where the metric names its own model, that one counts.
    """
    named = models_needed(metric) if isinstance(metric, ModelMetric) and metric.model else frozenset()
    embedder = {Need.EMBEDDER} if request.embedder else set()
    judges = {Need.JUDGE} if request.judges else set()
    return frozenset({Need.SANDBOX, *named, *embedder, *judges})


def how_to_offer(metric: Metric) -> str | None:
    """Return the option that names what the metric needs."""
    flags = [_FLAGS[need] for need in sorted(models_needed(metric))]
    return f"Name one with {' and '.join(flags)}." if flags else None


async def resolve_metric_models(
    request: EvaluationRequest,
    metrics: Sequence[Metric],
    endpoints: Sequence[ResolvedEndpoint],
    *,
    settings: Settings,
    store: "Store | None",
    embeds: EmbeddingCheck | None = None,
) -> tuple[tuple[MetricModel, ...], list[str]]:
    """Return every model that these metrics ask, each once, with what the user should know.

    Args:
        request: Which models metrics may ask.
        metrics: The metrics.
        endpoints: The available servers.
        settings: Where an embedded server is, if one runs.
        store: As for a candidate.
        embeds: Refuses embedders that embed no texts; None: one of its own.

    Raises:
        ConfigurationError: no server has the model, or it cannot do what is asked of it.
    """
    models: list[MetricModel] = []
    notes: list[str] = []
    embeds = embeds or EmbeddingCheck()
    for need, text in _requested_endpoint(request, metrics):
        name, place = split_model(text)
        servers = list(endpoints)
        if place:
            servers, place_notes = await resolve_endpoints(
                request.model_copy(update={"endpoints": [place], "embedded": False}), settings=settings, store=store
            )
            notes += place_notes
        candidate_request = CandidateRequest(model=name, think=False if need is Need.JUDGE else None)
        resolved, _ = await resolve_candidate(
            candidate_request, servers, store=store, allow_remote=request.allow_remote
        )
        if need is Need.EMBEDDER:
            await embeds(resolved, "the metrics ask its embeddings", _FLAGS[need])
        else:
            refuse_without_ability(resolved, "completion", "the metrics ask its verdicts", _FLAGS[need])
        models.append(MetricModel(need=need, name=name, resolved=resolved))
    return tuple(models), notes


def _requested_endpoint(request: EvaluationRequest, metrics: Sequence[Metric]) -> list[tuple[Need, str]]:
    requested: list[tuple[Need, str]] = []
    for metric in metrics:
        for need in sorted(models_needed(metric)):
            named = metric.model if isinstance(metric, ModelMetric) else ""
            general = [request.embedder] if need is Need.EMBEDDER else request.judges
            requested += [(need, text) for text in ([named] if named else general) if text]
    return list(dict.fromkeys(requested))


def split_model(text: str) -> tuple[str, str]:
    """Split `MODEL@SERVER` into model and server; a model's name contains no `@`."""
    name, _, place = text.partition("@")
    if not name.strip() or (place == "" and "@" in text):
        raise ConfigurationError(f"{text!r} is neither MODEL nor MODEL@ENDPOINT", "For example qwen3:8b@big-server")
    return name.strip(), place.strip()


def bound_metrics(
    metrics: Sequence[Metric], models: Sequence[MetricModel], *, against: str | None, criteria: str = ""
) -> tuple[Metric, ...]:
    """Return the metrics bound to the models that they ask, one for each judge.

    Args:
        metrics: As the benchmark or the request names them.
        models: The models that were found.
        against: The opponent in pairwise metrics, as `opponent_name` gives it.
        criteria: What a good answer of the benchmark is, for judges without criteria of their own.
    """
    bound: list[Metric] = []
    for metric in metrics:
        needs = models_needed(metric)
        if not isinstance(metric, ModelMetric) or not needs:
            bound.append(metric)
            continue
        name = split_model(metric.model)[0] if metric.model else ""
        fit = [model for model in models if model.need in needs and name in ("", model.name, model.model)]
        for model in fit:
            changes = {"model": model.model, "digest": model.digest}
            changes |= {"against": against} if against and getattr(metric, "against", None) == "" else {}
            changes |= {"criteria": criteria} if criteria and getattr(metric, "criteria", None) == "" else {}
            bound.append(replace(metric, **changes))
    return tuple(dict.fromkeys(bound))


def refuse_without_opponent(metrics: Sequence[Metric], labels: Sequence[str]) -> None:
    """Refuse a metric that compares candidates where there is only one.

    Raises:
        ConfigurationError: names the metric and the candidate.
    """
    for metric in metrics:
        if getattr(metric, "against", None) == "" and len(labels) < 2:
            raise ConfigurationError(
                f"metric {metric.name!r} compares candidates, and there is only one: {labels[0]}",
                "Name a second one with --model or --candidate.",
            )


def opponent_name(label: str, fingerprint: str) -> str:
    """Return a candidate's name in a pairwise metric: readable and unambiguous."""
    return f"{label} #{fingerprint[:12]}"


def is_opponent(against: str, fingerprint: str) -> bool:
    """Return True for the candidate that `opponent_name` named."""
    return against.rpartition("#")[2] == fingerprint[:12]
