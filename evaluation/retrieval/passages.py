"""Splits the documents of a corpus into passages."""

from dataclasses import dataclass

from evaluation.fingerprint import fingerprint
from evaluation.passage import Passage
from evaluation.retrieval.chunking import Chunk, chunks_in_words
from evaluation.retrieval.documents import Corpus, Document

VERSION = "3"
"""Raised whenever the same document could be split otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunker:
    """How documents are split: at their own boundaries, into chunks of a size."""

    size: int
    """Most words of a chunk."""
    overlap: int = 0
    """Most words that a chunk repeats of the one before."""

    @property
    def signature(self) -> str:
        """Equal for two chunkers that split alike."""
        return f"words(size={self.size}, overlap={self.overlap})|v{VERSION}"


def passages_of(document: Document, chunker: Chunker) -> tuple[Passage, ...]:
    """Return the passages of a document, in order."""
    chunks = chunks_in_words(document.text, size=chunker.size, overlap=chunker.overlap)
    return tuple(
        Passage(
            document=document.path,
            position=position,
            text=chunk.text,
            page=document.page_at(chunk.start),
            last_page=document.page_at(_last_character(document, chunk)),
        )
        for position, chunk in enumerate(chunks)
    )


def _last_character(document: Document, chunk: Chunk) -> int:
    """Return the index of what ends a chunk: blanks behind it may belong to the next page."""
    return chunk.start + len(document.text[chunk.start : chunk.end].rstrip()) - 1


def index_identity(corpus: Corpus, chunker: Chunker, *, embedder: str = "", digest: str = "") -> str:
    """Return the version of an index: another one where a document, the chunker or the embedder differs.

    Args:
        corpus: The documents.
        chunker: How they are split.
        embedder: The embedding model's name; empty for a search by words alone.
        digest: Digest of its weights.
    """
    return identity_of(corpus.digest, chunker.signature, embedder=embedder, digest=digest)


def identity_of(corpus_digest: str, chunker_signature: str, *, embedder: str, digest: str) -> str:
    """Return the version of an index from what is stored of its corpus and its chunker."""
    return fingerprint([corpus_digest, chunker_signature, embedder, digest])
