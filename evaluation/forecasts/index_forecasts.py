"""How many texts of the corpora have to be embedded before cases can be asked, and how many are stored already."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from evaluation.planning.pipelines import PipelineModel, planned_pipeline
from evaluation.resolution.resolution import Resolution
from evaluation.retrieval.documents import Corpus
from evaluation.retrieval.passages import Chunker, passages_of
from evaluation.store.embeddings import stored_texts
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexForecast:
    """What has to be embedded for an index: a corpus in chunks of one size, by one embedder."""

    corpus: str
    """The path as it was named."""
    chunk_size: int
    """Most words of a chunk."""
    embedder: str
    """Name of the embedding model."""
    endpoints: tuple[str, ...]
    """Servers that have it."""
    n_passages: int
    n_stored: int
    """Different texts whose vectors are stored already."""
    n_shared: int
    """Different texts that are embedded for an index before this one."""
    n_to_embed: int
    """Different texts that have to be embedded for it."""


def index_forecasts(
    store: Store, resolution: Resolution, *, fingerprints: Collection[str]
) -> tuple[IndexForecast, ...]:
    """Return what has to be embedded for the indexes of the candidates, each index once; nothing is embedded.

    Args:
        store: The vectors that are stored.
        resolution: The resolved request.
        fingerprints: The candidates that have anything to ask.
    """
    forecasts, promised = [], dict[str, set[str]]()
    for corpus, chunker, model in _indexes(resolution, fingerprints):
        passages = [passage.text for document in corpus.documents for passage in passages_of(document, chunker)]
        texts = list(dict.fromkeys(passages))
        stored = stored_texts(store, model.name, model.stored_digest, texts)
        earlier = promised.setdefault(f"{model.name} {model.stored_digest}", set())
        missing = [text for text in texts if text not in stored]
        new = [text for text in missing if text not in earlier]
        earlier.update(new)
        forecasts.append(
            IndexForecast(
                corpus=corpus.name,
                chunk_size=chunker.size,
                embedder=model.name,
                endpoints=model.endpoints,
                n_passages=len(passages),
                n_stored=len(stored),
                n_shared=len(missing) - len(new),
                n_to_embed=len(new),
            )
        )
    return tuple(forecasts)


def _indexes(resolution: Resolution, fingerprints: Collection[str]) -> Sequence[tuple[Corpus, Chunker, PipelineModel]]:
    """Return what each index that is embedded is made of, each once, in the order of the candidates."""
    indexes: dict[tuple[str, str, str], tuple[Corpus, Chunker, PipelineModel]] = {}
    for corpus, chunker, model in _of_candidates(resolution, fingerprints):
        indexes.setdefault(
            (corpus.digest, chunker.signature, f"{model.name} {model.stored_digest}"), (corpus, chunker, model)
        )
    return list(indexes.values())


def _of_candidates(
    resolution: Resolution, fingerprints: Collection[str]
) -> Iterator[tuple[Corpus, Chunker, PipelineModel]]:
    benchmark = resolution.benchmarks[0].benchmark
    for resolved in resolution.candidates:
        plan = planned_pipeline(resolved, benchmark)
        if plan is None or resolved.candidate.fingerprint not in fingerprints:
            continue
        model, chunker = plan.models.get(plan.model_of_searches), plan.pipeline.chunker
        if plan.corpus is not None and chunker is not None and model is not None:
            yield plan.corpus, chunker, model
