"""Resolution of a complete request; user errors are found before a token is spent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.formatting import counted, listed
from evaluation.metrics.metric import Metric, Need
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.model_info import ModelInfo
from evaluation.requests.case_levels import CASES_OF_LEVEL
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.prices import models_without_price
from evaluation.requests.unused_options import note_on_unused_options
from evaluation.resolution.abilities import refuse_unable_pipeline, refuse_without_ability
from evaluation.resolution.benchmarks import ResolvedBenchmark, resolve_benchmark
from evaluation.resolution.candidates import resolve_candidate
from evaluation.resolution.embedding_check import EmbeddingCheck
from evaluation.resolution.endpoints import ResolvedEndpoint, resolve_endpoints
from evaluation.resolution.metric_models import (
    MetricModel,
    bound_metrics,
    models_needed,
    opponent_name,
    refuse_without_opponent,
    resolve_metric_models,
)
from evaluation.resolution.relevant_in_corpus import refuse_absent_passages
from evaluation.resolution.resolved_candidate import ResolvedCandidate, labels_of
from evaluation.retrieval.documents import Corpus
from evaluation.retrieval.left_out import CorpusSummary
from evaluation.settings import Settings

if TYPE_CHECKING:
    from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """A request resolved against this machine, with notes for the user."""

    benchmarks: tuple[ResolvedBenchmark, ...]
    candidates: tuple[ResolvedCandidate, ...]
    endpoints: tuple[ResolvedEndpoint, ...]
    notes: tuple[str, ...]
    metric_models: tuple[MetricModel, ...] = ()
    """Models that the metrics use: embedders before judges."""
    corpora: tuple[CorpusSummary, ...] = ()
    """What was read of each corpus, and what was left out."""

    @property
    def labels(self) -> dict[str, str]:
        """The label of each candidate, by fingerprint, in the order of the request; no two are equal."""
        return labels_of(self.candidates)


async def resolve(
    request: EvaluationRequest,
    loaded: Sequence[Benchmark],
    *,
    settings: Settings,
    store: "Store | None",
    may_ask: bool = True,
) -> Resolution:
    """Resolve the names of a request.

    Args:
        request: The request.
        loaded: Its benchmarks.
        settings: Where an embedded server is, if one runs.
        store: For endpoints, profiles and retired models; None: there is none yet.
        may_ask: Whether a model of a server that lists no abilities may be asked for one embedding.

    Raises:
        ConfigurationError: a name, value or server that the user can correct.
    """
    benchmarks = tuple(resolve_benchmark(benchmark, request) for benchmark in loaded)
    _refuse_doubles(benchmarks)
    _refuse_unmeasured(request, benchmarks)
    candidate_requests, embeds = request.all_candidates(), EmbeddingCheck(may_ask=may_ask)
    endpoints, notes = await resolve_endpoints(request, settings=settings, store=store)
    candidates: list[ResolvedCandidate] = []
    described: dict[tuple[str, str], ModelInfo] = {}
    corpora: dict[str, Corpus] = {}
    fingerprints: set[str] = set()
    for candidate_request in candidate_requests:
        candidate, further_notes = await resolve_candidate(
            candidate_request,
            endpoints,
            store=store,
            allow_remote=request.allow_remote,
            described=described,
            corpora=corpora,
            embeds=embeds,
        )
        refuse_without_ability(candidate, "completion", "a candidate is asked for answers", "--model NAME")
        refuse_unable_pipeline(candidate, [item.benchmark for item in benchmarks], spread=request.spread)
        if candidate.candidate.fingerprint in fingerprints:
            notes.append(f"{candidate.candidate.label} was requested twice and is evaluated once")
            continue
        fingerprints.add(candidate.candidate.fingerprint)
        candidates.append(candidate)
        notes += [*further_notes, *_without_cost(request, candidate)]
    refuse_absent_passages(corpora.values(), benchmarks)
    summaries = tuple(corpus.summary for corpus in corpora.values())
    notes += [summary.line for summary in summaries if summary.n_left_out]
    benchmarks, models, further_notes = await _with_models(
        request, benchmarks, candidates, endpoints, settings=settings, store=store, embeds=embeds
    )
    notes += further_notes
    notes += [*_small_benchmarks(request, loaded), *note_on_unused_options(request)]
    used = {endpoint.name for candidate in candidates for endpoint in candidate.endpoints}
    notes += [
        f"{endpoint.name}: {limit}" for endpoint in endpoints if endpoint.name in used for limit in endpoint.limits
    ]
    if request.repeats > 1 and any(item.candidate.options.get("temperature") == 0 for item in candidates):
        notes.append(
            "several repeats at temperature 0 mostly repeat the same answer; --option temperature=0.7 varies it"
        )
    return Resolution(
        benchmarks=benchmarks,
        candidates=tuple(candidates),
        endpoints=tuple(endpoints),
        notes=tuple(dict.fromkeys(notes)),
        metric_models=models,
        corpora=summaries,
    )


def _without_cost(request: EvaluationRequest, resolved: ResolvedCandidate) -> Iterator[str]:
    """Yield a note on a pipeline of which some models have a price and others have none."""
    if lacking := models_without_price(request.price_table(), resolved.asked_models):
        models = listed(sorted(set(lacking)))
        yield f"{resolved.candidate.label} has no cost: there is no price of {models}"


async def _with_models(
    request: EvaluationRequest,
    benchmarks: Sequence[ResolvedBenchmark],
    candidates: Sequence[ResolvedCandidate],
    endpoints: Sequence[ResolvedEndpoint],
    *,
    settings: Settings,
    store: "Store | None",
    embeds: EmbeddingCheck,
) -> tuple[tuple[ResolvedBenchmark, ...], tuple[MetricModel, ...], list[str]]:
    """Return the benchmarks with their metrics bound to the models that they ask."""
    metrics = [metric for item in benchmarks for metric in item.metrics]
    models, notes = await resolve_metric_models(
        request, metrics, endpoints, settings=settings, store=store, embeds=embeds
    )
    first = candidates[0].candidate
    labels = labels_of(candidates)
    refuse_without_opponent(metrics, list(labels.values()))
    against = opponent_name(labels[first.fingerprint], first.fingerprint)
    bound = tuple(
        replace(item, metrics=bound_metrics(item.metrics, models, against=against, criteria=item.benchmark.criteria))
        for item in benchmarks
    )
    return bound, models, [*notes, *_unused_models(request, metrics)]


def _unused_models(request: EvaluationRequest, metrics: Sequence[Metric]) -> list[str]:
    """Return a note for each model that was named for metrics but that no metric asks."""
    needs = frozenset().union(*(models_needed(metric) for metric in metrics))
    named = [(Need.JUDGE, text) for text in request.judges] + [(Need.EMBEDDER, request.embedder)]
    return [
        f"no metric asks the {need} {text}; `benchwright metrics list` shows which do"
        for need, text in named
        if text and need not in needs
    ]


def _small_benchmarks(request: EvaluationRequest, loaded: Sequence[Benchmark]) -> list[str]:
    """Return a note for each benchmark that has fewer cases than the level asks, or no more."""
    n_asked = None if request.level is None else CASES_OF_LEVEL[request.level]
    if n_asked is None:
        return []
    return [
        f"{benchmark.name}: level {request.level} ({counted(n_asked, 'case')}) is all of its "
        f"{counted(len(benchmark.cases), 'case')}"
        for benchmark in loaded
        if len(benchmark.cases) <= n_asked
    ]


def _refuse_doubles(benchmarks: Sequence[ResolvedBenchmark]) -> None:
    names = [item.benchmark.name for item in benchmarks]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(
                f"two benchmarks are named {name!r}", "Rename one of the files, or give it a name."
            )


def _refuse_unmeasured(request: EvaluationRequest, benchmarks: Sequence[ResolvedBenchmark]) -> None:
    measured = {metric.name for item in benchmarks for metric in item.metrics} | set(SPEED_METRICS)
    for name in request.thresholds():
        if name not in measured:
            raise UnknownNameError("metric of this run", name, sorted(measured), "It is named by --fail-under.")
