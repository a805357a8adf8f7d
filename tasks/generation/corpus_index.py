"""The index of a pipeline's corpus, embedded while its embedding model is loaded."""

from evaluation.errors import ConfigurationError
from evaluation.indexing.index_building import Embed, build_index
from evaluation.planning.pipelines import PlannedPipeline
from evaluation.retrieval.search import Index
from evaluation.store.session import Store


async def open_index(store: Store, plan: PlannedPipeline, embed: Embed) -> Index:
    """Return the index of a pipeline's corpus; only what is not stored yet is embedded.

    Args:
        store: Where vectors and indexes are kept.
        plan: The pipeline with its corpus.
        embed: Requests the vectors of some texts from the loaded model.

    Raises:
        ConfigurationError: the pipeline searches without a corpus, or its vectors do not fit those that are stored.
        ProviderError: the embedding model failed.
    """
    if plan.corpus is None or plan.pipeline.chunker is None:
        raise ConfigurationError(f"pipeline {plan.pipeline.name!r} searches, and has no corpus", "Give it one.")
    embedders = plan.pipeline.embedders
    if not embedders:
        return await build_index(store, plan.corpus, plan.pipeline.chunker)
    model = plan.models[embedders[0]]
    digest = model.digest or f"{model.name} on {', '.join(model.endpoints)}"
    return await build_index(store, plan.corpus, plan.pipeline.chunker, embedder=model.name, digest=digest, embed=embed)
