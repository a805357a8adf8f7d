"""Building of an index: each text is embedded once by a model, whichever corpus and index it stands in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from evaluation.errors import FailureKind, ProviderError
from evaluation.formatting import counted
from evaluation.indexing.index_cache import INDEXES
from evaluation.indexing.passage_vectors import PassageVectors
from evaluation.passage import Passage
from evaluation.records.indexes import IndexRecord
from evaluation.retrieval.documents import Corpus
from evaluation.retrieval.passages import Chunker, index_identity, passages_of
from evaluation.retrieval.search import Index
from evaluation.retry_schedule import RETRIES, RetrySchedule, retry
from evaluation.store.corpus_indexes import find_index, save_index
from evaluation.store.embeddings import iterate_arrays, save_vectors
from evaluation.store.retrying import patiently
from evaluation.store.session import Store
from evaluation.words import n_words

BATCH = 64
"""Texts that are embedded between two commits: a killed process loses at most so many vectors."""
OF_A_TEXT = frozenset({FailureKind.PROMPT_TOO_LONG, FailureKind.BAD_OPTION})
"""Kinds of failure that a single text of a batch may cause."""
Embed: TypeAlias = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]


async def build_index(
    store: Store,
    corpus: Corpus,
    chunker: Chunker,
    *,
    embedder: str = "",
    digest: str = "",
    embed: Embed | None = None,
    retries: RetrySchedule | None = None,
) -> Index:
    """Return the index of a corpus, and record it in the store.

    Vectors that are stored are taken from the store; only the others are embedded, and stored batch by batch. Indexes
    stay in memory: a second call for the same one asks neither the store nor the embedder.

    Args:
        store: Where vectors and indexes are kept.
        corpus: The documents.
        chunker: How they are split.
        embedder: The embedding model's name; empty for a search by words alone.
        digest: Digest of its weights, or another text that tells them apart.
        embed: Requests the vectors of some texts from the loaded model, in order, as many side by side as it has slots.
        retries: When a request that failed is sent again.

    Raises:
        ConfigurationError: the embedder gives another dimension than the stored vectors have.
        ProviderError: the embedder failed; names the passage where a single one is the reason.
        StoreError: the store cannot be read or written.
    """
    if not bool(embedder) == bool(digest) == (embed is not None):
        raise ValueError("embedder, digest and embed come together, or none of them for a search by words alone")
    identity = await asyncio.to_thread(index_identity, corpus, chunker, embedder=embedder, digest=digest)
    key = (store.url, identity)
    async with INDEXES.turn(key):
        if (index := INDEXES.get(key)) is not None:
            return index
        passages = await asyncio.to_thread(_passages, corpus, chunker)
        vectors = None
        if embed is not None:
            vectors = await _vectors(store, identity, passages, _Embedder(store, embedder, digest, embed, retries))
        record = IndexRecord(
            identity=identity,
            corpus=corpus.name,
            n_documents=len(corpus.documents),
            n_passages=len(passages),
            chunker=chunker.signature,
            embedder=embedder or None,
            embedder_digest=digest or None,
            dimension=None if vectors is None else vectors.dimension,
            created_at=datetime.now(UTC),
        )
        await asyncio.to_thread(patiently, lambda: save_index(store, record))
        rows = None if vectors is None else await asyncio.to_thread(vectors.of_length_1)
        index = Index(passages=passages, vectors=rows)
        INDEXES.keep(key, index)
        return index


def _passages(corpus: Corpus, chunker: Chunker) -> tuple[Passage, ...]:
    return tuple(passage for document in corpus.documents for passage in passages_of(document, chunker))


class _Embedder:
    """The embedding model, with the vectors of it that are stored."""

    def __init__(self, store: Store, model: str, digest: str, embed: Embed, retries: RetrySchedule | None) -> None:
        self.model = model
        self._store, self._digest, self._embed = store, digest, embed
        self._retries = retries or RETRIES

    async def fill(self, vectors: PassageVectors, texts: Sequence[str]) -> None:
        """Fill in the stored vectors of these texts."""

        def fill() -> None:
            for text, vector in iterate_arrays(self._store, self.model, self._digest, texts):
                vectors.fill(text, vector)

        await asyncio.to_thread(patiently, fill)

    async def add(self, vectors: PassageVectors, texts: Sequence[str]) -> None:
        """Embed texts, store their vectors and fill them in."""
        embedded = await retry(lambda: self._embed(texts), self._retries)
        dimensions = {len(vector) for vector in embedded}
        if len(embedded) != len(texts) or len(dimensions) != 1:
            raise ProviderError(
                f"the embedder {self.model!r} gave {counted(len(embedded), 'vector')} for "
                f"{counted(len(texts), 'text')}, of {' and '.join(map(str, sorted(dimensions))) or 'no'} numbers",
                FailureKind.UNREADABLE_ANSWER,
            )
        vectors.check(embedded[0])
        by_text = dict(zip(texts, embedded, strict=True))
        await asyncio.to_thread(patiently, lambda: save_vectors(self._store, self.model, self._digest, by_text))
        # As they will be read the next time: another process may have been first.
        await self.fill(vectors, texts)

    async def is_refused(self, text: str) -> bool:
        """Return True where the model refuses this text by itself."""
        try:
            await retry(lambda: self._embed([text]), self._retries)
        except ProviderError as error:
            return error.kind in OF_A_TEXT
        return False


async def _vectors(store: Store, identity: str, passages: Sequence[Passage], embedder: _Embedder) -> PassageVectors:
    stored = await asyncio.to_thread(patiently, lambda: find_index(store, identity))
    dimension = None if stored is None else stored.dimension
    vectors = PassageVectors(passages, dimension=dimension, embedder=embedder.model)
    missing = vectors.missing
    await embedder.fill(vectors, missing)
    missing = vectors.missing
    for start in range(0, len(missing), BATCH):
        texts = missing[start : start + BATCH]
        try:
            await embedder.add(vectors, texts)
        except ProviderError as error:
            if error.kind not in OF_A_TEXT:
                raise
            raise await _named(error, texts, passages, embedder) from error
    return vectors


async def _named(
    error: ProviderError, texts: Sequence[str], passages: Sequence[Passage], embedder: _Embedder
) -> ProviderError:
    """Return the error with the name of the first passage that the embedder refuses."""
    for text in texts:
        if await embedder.is_refused(text):
            passage = next(passage for passage in passages if passage.text == text)
            return ProviderError(
                f"the embedder {embedder.model!r} refuses the passage {passage.passage_id!r}, "
                f"which has {counted(n_words(text), 'word')}: {error.message}",
                error.kind,
                "Choose a smaller chunk_size, or an embedder with a larger context.",
            )
    return error
