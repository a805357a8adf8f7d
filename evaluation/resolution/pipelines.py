"""Resolution of a candidate's pipeline: its options, the other models that it asks, and its corpus."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from evaluation.pipelines.pipeline import Pipeline
from evaluation.requests.evaluation_request import CandidateRequest
from evaluation.requests.pipeline_words import asks_itself
from evaluation.resolution.abilities import option_of, purpose_in
from evaluation.resolution.embedding_check import EmbeddingCheck
from evaluation.resolution.resolved_candidate import ResolvedCandidate, ResolvedPipeline
from evaluation.retrieval.document_process import DocumentProcess
from evaluation.retrieval.documents import Corpus, read_corpus
from evaluation.settings import Settings

Resolve = Callable[[CandidateRequest], Awaitable[ResolvedCandidate]]


async def resolve_pipeline(
    request: CandidateRequest,
    *,
    own_model: str,
    own_digest: str | None,
    resolve: Resolve,
    corpora: dict[str, Corpus],
    embeds: EmbeddingCheck,
) -> ResolvedPipeline:
    """Return the pipeline that a candidate names.

    Args:
        request: The candidate, with a pipeline.
        own_model: Full name of the candidate's model.
        own_digest: Digest of its weights.
        resolve: Resolves another model, with the candidate's options.
        corpora: Corpora that were read before, by path; updated.
        embeds: Refuses an embedding model that embeds no texts, before a corpus is read.

    Raises:
        ConfigurationError: an unknown pipeline, a bad option, a model that no server has, a corpus that cannot be read.
    """
    from evaluation.pipelines.parsing import parse_pipeline

    limit_s = Settings().pipeline_timeout_s
    pipeline = parse_pipeline(request.pipeline or "", request.pipeline_options, limit_s=limit_s)
    models: dict[str, ResolvedCandidate] = {}
    for name in pipeline.other_models:
        other = await resolve(CandidateRequest(model=name, options=request.options))
        is_own = other.candidate.model == own_model and other.candidate.digest == own_digest
        if is_own and name in pipeline.never_its_own:
            raise asks_itself(pipeline, name, own_model=own_model)
        if not is_own:
            models[name] = other
        if name in pipeline.embedders:
            await embeds(other, purpose_in(pipeline, "embedding"), option_of(pipeline, name))
    return ResolvedPipeline(pipeline=pipeline, models=models, corpus=await _corpus(pipeline, corpora))


async def _corpus(pipeline: Pipeline, corpora: dict[str, Corpus]) -> Corpus | None:
    """Return the pipeline's corpus, read in a thread, so that a Ctrl-C ends it and its process at once."""
    if (path := pipeline.corpus_path) is None:
        return None
    if path not in corpora:
        with DocumentProcess() as process:
            reading = asyncio.ensure_future(asyncio.to_thread(read_corpus, Path(path), process=process))
            try:
                corpora[path] = await asyncio.shield(reading)
            except asyncio.CancelledError:
                process.close()
                await asyncio.wait([reading])
                reading.exception()  # nobody else asks for it
                raise
    return corpora[path]
