"""The index of a pipeline's corpus, embedded while its embedding model is loaded."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from evaluation.errors import ConfigurationError
from evaluation.indexing.index_building import Embed, build_index
from evaluation.passage import Passage
from evaluation.planning.pipelines import PlannedPipeline
from evaluation.retrieval.search import Index, Query
from evaluation.store.session import Store

_SEARCHES = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")
"""Searches take turns: side by side they would count each other's time."""


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


async def search_index(index: Index, query: Query) -> tuple[tuple[Passage, ...], float]:
    """Return the passages that fit the query, best first, and the seconds that the search took.

    Raises:
        ConfigurationError: the query's vector has another dimension than the index.
    """

    def search() -> tuple[tuple[Passage, ...], float]:
        index.prepare(query.method)
        began = time.perf_counter()
        (passages,) = index.search([query])
        return passages, time.perf_counter() - began

    return await asyncio.get_running_loop().run_in_executor(_SEARCHES, search)
