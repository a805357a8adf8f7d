"""A candidate as this machine can ask it: its servers, its options on a benchmark, and what its pipeline needs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from evaluation.candidate import OPEN_LENGTH_TASKS, Candidate, PipelineChoice
from evaluation.case import Benchmark
from evaluation.model_info import ModelInfo
from evaluation.options import effective_options, says_length
from evaluation.pipelines.pipeline import CORPUS, PATH, Pipeline
from evaluation.providers import PROVIDERS
from evaluation.records.labels import Labelled, distinct_labels
from evaluation.requests.evaluation_request import CandidateRequest
from evaluation.resolution.endpoints import ResolvedEndpoint
from evaluation.retrieval.documents import Corpus


@dataclass(frozen=True, kw_only=True)
class ResolvedCandidate:
    """A candidate with the servers that run its model."""

    candidate: Candidate
    endpoints: tuple[ResolvedEndpoint, ...]
    """Endpoints that have its model with equal digests; at least one."""
    info: ModelInfo
    pipeline: "ResolvedPipeline | None" = None
    """None: the model is asked directly."""

    @property
    def endpoint(self) -> ResolvedEndpoint:
        """The first of its servers, which described the model."""
        return self.endpoints[0]

    @property
    def asked_beside(self) -> tuple["ResolvedCandidate", ...]:
        """The other models that its pipeline asks."""
        return () if self.pipeline is None else tuple(self.pipeline.models.values())

    @property
    def asked_models(self) -> tuple[str, ...]:
        """Names of its model and of the other models that its pipeline asks."""
        return tuple(resolved.candidate.model for resolved in (self, *self.asked_beside))

    @property
    def asked_endpoints(self) -> tuple[ResolvedEndpoint, ...]:
        """Its servers and those of the other models, each once."""
        every = [endpoint for resolved in (self, *self.asked_beside) for endpoint in resolved.endpoints]
        return tuple({endpoint.name: endpoint for endpoint in every}.values())

    def options_for(self, benchmark: Benchmark) -> dict[str, Any]:
        """Return every option sent for this candidate on that benchmark, without the seed."""
        return options_on(benchmark, self.candidate.options, self.info, provider=self.endpoint.provider)


def options_on(benchmark: Benchmark, chosen: Mapping[str, Any], info: ModelInfo, *, provider: str) -> dict[str, Any]:
    """Return every option that a model is sent on a benchmark, without the seed.

    Where neither the task nor the user limits the length, an answer may fill the context: `num_predict` is then
    `num_ctx`, at which the server ends it in any case. Not so where servers refuse a limit for which prompt and context
    leave no room (`ends_at_context`).

    Args:
        benchmark: The benchmark, whose options go before the model's own.
        chosen: The candidate's options.
        info: What the server says of the model.
        provider: The server's protocol.
    """
    defaults = {"benchmark": benchmark.options, "model": info.parameters}
    options = effective_options(chosen, **defaults)
    if info.context_length and options["num_ctx"] > info.context_length:
        options["num_ctx"] = info.context_length
    is_open = benchmark.task_type in OPEN_LENGTH_TASKS and not says_length(chosen, **defaults)
    if is_open and PROVIDERS[provider].ends_at_context:
        options["num_predict"] = options["num_ctx"]
    return PROVIDERS[provider].sent_options(options)


def labels_of(candidates: Sequence[ResolvedCandidate], names: Collection[str] = ()) -> dict[str, str]:
    """Return the label of each candidate, by fingerprint; no two are equal.

    Args:
        candidates: All that are named together.
        names: Options (`profile` is one) that the labels include even at their defaults.
    """
    return distinct_labels(
        [
            Labelled(
                fingerprint=resolved.candidate.fingerprint,
                label=resolved.candidate.label_with(names),
                endpoint=resolved.endpoint.name,
                digest=resolved.candidate.digest,
                candidate=resolved.candidate,
            )
            for resolved in candidates
        ],
        names,
    )


@dataclass(frozen=True, kw_only=True)
class ResolvedPipeline:
    """A candidate's pipeline with what it needs."""

    pipeline: Pipeline
    models: Mapping[str, ResolvedCandidate] = field(default_factory=dict)
    """The other models, by the names that its options give them; the candidate's own model is none of them."""
    corpus: Corpus | None = None

    def choice(self, request: CandidateRequest) -> PipelineChoice:
        """Return the pipeline as a part of its candidate."""
        return PipelineChoice(
            name=request.pipeline or self.pipeline.name,
            options=dict(request.pipeline_options),
            signature=signature_of(self.pipeline),
            models={name: resolved.candidate.digest for name, resolved in self.models.items()},
            corpus=None if self.corpus is None else self.corpus.digest,
        )


def signature_of(pipeline: Pipeline) -> str:
    """Return the signature with paths by their last parts: what they hold is identified by its content."""
    paths = [option.name for option in fields(pipeline) if option.metadata in (PATH, CORPUS)]
    return replace(pipeline, **{name: Path(getattr(pipeline, name)).name for name in paths}).signature
