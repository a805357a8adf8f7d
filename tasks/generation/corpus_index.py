"""The index of a pipeline's corpus, embedded while its embedding model is loaded."""

from evaluation.errors import ConfigurationError
from evaluation.formatting import counted
from evaluation.indexing.index_building import Embed, build_index
from evaluation.planning.pipelines import PipelineModel, PlannedPipeline
from evaluation.retrieval.search import Index
from evaluation.store.session import Store
from tasks.flow_logging import log_info


async def open_index(store: Store, plan: PlannedPipeline, embed: Embed) -> Index:
    """Return the index of a pipeline's corpus; only what is not stored yet is embedded.

    Args:
        store: Where vectors and indexes are kept.
        plan: The pipeline with its corpus.
        embed: Requests the vectors of some texts from the loaded model.

    Raises:
        ConfigurationError: the pipeline searches without a corpus.
        ProviderError: the embedding model failed, or its vectors do not fit those that are stored.
    """
    if plan.corpus is None or plan.pipeline.chunker is None:
        raise ConfigurationError(f"pipeline {plan.pipeline.name!r} searches, and has no corpus", "Give it one.")
    embedders = plan.pipeline.embedders
    if not embedders:
        return await build_index(store, plan.corpus, plan.pipeline.chunker)
    model = plan.models[embedders[0]]
    corpus = plan.corpus

    def tell(n_texts: int, n_tokens: int | None) -> None:
        tokens = "an unknown number of tokens" if n_tokens is None else counted(n_tokens, "token")
        log_info(
            "index of %s: %s embedded by %s, once, and %s that count for no case",
            corpus.name,
            counted(n_texts, "text"),
            model.name,
            tokens,
        )

    return await build_index(
        store,
        corpus,
        plan.pipeline.chunker,
        embedder=model.name,
        digest=model.stored_digest,
        embed=embed,
        on_embedded=tell,
    )


def weights_of(model: PipelineModel) -> str:
    """Return a text that is equal for two models with the same name and weights."""
    return f"{model.name} {model.stored_digest}"
