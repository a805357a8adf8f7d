"""The pipeline of a planned candidate, with the other models that it asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.case import Benchmark
from evaluation.pipelines.pipeline import Pipeline
from evaluation.pipelines.stages import OWN_MODEL, AskModel, EmbedTexts, SearchPassages, StageRequest
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.retrieval.documents import Corpus
from evaluation.retrieval.passages import index_identity


@dataclass(frozen=True, kw_only=True)
class PipelineModel:
    """A model that a pipeline asks beside the candidate's own."""

    name: str
    """Full name with tag."""
    digest: str | None
    endpoints: tuple[str, ...]
    """Names of the servers that have it."""
    embeds: bool = False
    """True if it is asked for embeddings, False if for answers."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Effective options without the seed: the candidate's over the model's own."""
    think: bool | str | None = None
    """None for a model that cannot think."""

    @property
    def stored_digest(self) -> str:
        """Digest under which the vectors of an embedding model are stored; of unverified weights its servers."""
        return self.digest or f"{self.name} on {', '.join(self.endpoints)}"

    def __hash__(self) -> int:
        return hash((self.name, self.digest, self.endpoints, self.embeds))


@dataclass(frozen=True, kw_only=True)
class PlannedPipeline:
    """A candidate's pipeline as it is run."""

    pipeline: Pipeline
    models: Mapping[str, PipelineModel] = field(default_factory=dict)
    """The other models, by the names that the pipeline's options give them."""
    corpus: Corpus | None = None

    def model_of(self, request: StageRequest) -> str:
        """Return the model that must be in memory to answer a stage: an option's name, or `OWN_MODEL`."""
        if isinstance(request, SearchPassages):
            return self.model_of_searches
        name = request.model if isinstance(request, AskModel | EmbedTexts) else OWN_MODEL
        return name if name in self.models else OWN_MODEL

    @property
    def index_identity(self) -> str | None:
        """Identity of the index that is searched; None where none is."""
        chunker = self.pipeline.chunker
        if self.corpus is None or chunker is None:
            return None
        model = self.models.get(self.model_of_searches)
        if model is None:
            return index_identity(self.corpus, chunker)
        return index_identity(self.corpus, chunker, embedder=model.name, digest=model.stored_digest)

    @property
    def model_of_searches(self) -> str:
        """The model that embeds the corpus, which may have to be embedded first; `OWN_MODEL` where none does."""
        return next(iter(self.pipeline.embedders), OWN_MODEL)


def planned_pipeline(resolved: ResolvedCandidate, benchmark: Benchmark) -> PlannedPipeline | None:
    """Return a candidate's pipeline with the options in which its other models are asked on a benchmark."""
    if (plan := resolved.pipeline) is None:
        return None
    models = {
        name: PipelineModel(
            name=other.candidate.model,
            digest=other.candidate.digest,
            endpoints=tuple(endpoint.name for endpoint in other.endpoints),
            embeds=name in plan.pipeline.embedders,
            options=other.options_for(benchmark),
            think=other.candidate.think,
        )
        for name, other in plan.models.items()
    }
    return PlannedPipeline(pipeline=plan.pipeline, models=models, corpus=plan.corpus)
