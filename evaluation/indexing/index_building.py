"""Building of an index: each text is embedded once by a model, whichever corpus and index it stands in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from evaluation.errors import FailureKind, ProviderError
from evaluation.formatting import counted
from evaluation.indexing.embedding_checks import check_embeddings
from evaluation.indexing.index_cache import INDEXES
from evaluation.indexing.passage_vectors import PassageVectors
from evaluation.passage import Passage
from evaluation.providers.provider import TextEmbedding
from evaluation.records.indexes import IndexRecord
from evaluation.retrieval.documents import Corpus
from evaluation.retrieval.passages import Chunker, index_identity, passages_of
from evaluation.retrieval.search import Index
from evaluation.retry_schedule import RETRIES, RetrySchedule, retry
from evaluation.store.corpus_indexes import count_embedded, find_index, save_index
from evaluation.store.embeddings import iterate_arrays, save_vectors
from evaluation.store.retrying import patiently
from evaluation.store.session import Store
from evaluation.words import n_words

BATCH = 64
"""Texts that are embedded between two commits: a killed process loses at most so many vectors."""
OF_A_TEXT = frozenset({FailureKind.PROMPT_TOO_LONG, FailureKind.BAD_OPTION})
"""Kinds of failure that a single text of a batch may cause."""
Embed: TypeAlias = Callable[[Sequence[str]], Awaitable[Sequence[TextEmbedding]]]


async def build_index(
    store: Store,
    corpus: Corpus,
    chunker: Chunker,
    *,
    embedder: str = "",
    digest: str = "",
    embed: Embed | None = None,
    retries: RetrySchedule | None = None,
    on_embedded: Callable[[int, int | None], None] = lambda _n_texts, _n_tokens: None,
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
        on_embedded: Told of the number of texts that were embedded, where any were, and of their tokens; None where
            the server does not report them.

    Raises:
        ProviderError: the embedder failed; names the passage where a single one is the reason. `wrong_embedding`: it
            gives another dimension than the stored vectors have, zeros, or too many or too few vectors.
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
        record = IndexRecord(
            identity=identity,
            corpus=corpus.name,
            n_documents=len(corpus.documents),
            n_passages=len(passages),
            chunker=chunker.signature,
            embedder=embedder or None,
            embedder_digest=digest or None,
            dimension=None,
            n_embedded=None if embed is None else 0,
            embedded_tokens=None if embed is None else 0,
            created_at=datetime.now(UTC),
        )
        vectors = None
        if embed is None:
            await asyncio.to_thread(patiently, lambda: save_index(store, record))
        else:
            embedding = _Embedder(store, embedder, digest, embed, retries)
            # Indexes of one model share texts: the second finds those of the first stored.
            async with INDEXES.turn((store.url, f"{embedder} {digest}")):
                vectors = await _vectors(record, passages, embedding)
            if embedding.n_texts:
                on_embedded(embedding.n_texts, embedding.n_tokens)
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
        self.n_texts = 0
        """Texts that were embedded."""
        self.n_tokens: int | None = 0
        """Their tokens; None where the server does not report them."""

    async def find(self, identity: str) -> IndexRecord | None:
        """Return the stored record of an index."""
        return await asyncio.to_thread(patiently, lambda: find_index(self._store, identity))

    async def save(self, record: IndexRecord) -> None:
        """Store the record of an index before anything is embedded for it."""
        await asyncio.to_thread(patiently, lambda: save_index(self._store, record))

    async def fill(self, vectors: PassageVectors, texts: Sequence[str]) -> None:
        """Fill in the stored vectors of these texts."""

        def fill() -> None:
            for text, vector in iterate_arrays(self._store, self.model, self._digest, texts):
                vectors.fill(text, vector)

        await asyncio.to_thread(patiently, fill)

    async def add(self, identity: str, vectors: PassageVectors, texts: Sequence[str]) -> None:
        """Embed texts for an index, store their vectors and what they took, and fill them in."""
        embedded = await retry(lambda: self._embed(texts), self._retries)
        check_embeddings(embedded, texts, model=self.model, dimension=vectors.dimension)
        by_text = {text: each.vector for text, each in zip(texts, embedded, strict=True)}
        await asyncio.to_thread(patiently, lambda: save_vectors(self._store, self.model, self._digest, by_text))
        await self._count(identity, embedded)
        # As they will be read the next time: another process may have been first.
        await self.fill(vectors, texts)

    async def _count(self, identity: str, embedded: Sequence[TextEmbedding]) -> None:
        tokens = [each.prompt_tokens for each in embedded if each.prompt_tokens is not None]
        n_tokens = sum(tokens) if len(tokens) == len(embedded) else None
        self.n_texts += len(embedded)
        self.n_tokens = None if self.n_tokens is None or n_tokens is None else self.n_tokens + n_tokens
        n_texts, dimension = len(embedded), len(embedded[0].vector)

        def count() -> None:
            count_embedded(self._store, identity, n_texts=n_texts, n_tokens=n_tokens, dimension=dimension)

        await asyncio.to_thread(patiently, count)

    async def is_refused(self, text: str) -> bool:
        """Return True where the model refuses this text by itself."""
        try:
            await retry(lambda: self._embed([text]), self._retries)
        except ProviderError as error:
            return error.kind in OF_A_TEXT
        return False


async def _vectors(record: IndexRecord, passages: Sequence[Passage], embedder: _Embedder) -> PassageVectors:
    stored = await embedder.find(record.identity)
    dimension = None if stored is None else stored.dimension
    vectors = PassageVectors(passages, dimension=dimension, embedder=embedder.model)
    missing = vectors.missing
    await embedder.fill(vectors, missing)
    await embedder.save(replace(record, dimension=vectors.dimension))
    missing = vectors.missing
    for start in range(0, len(missing), BATCH):
        texts = missing[start : start + BATCH]
        try:
            await embedder.add(record.identity, vectors, texts)
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
