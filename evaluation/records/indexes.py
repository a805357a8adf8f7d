"""Records of indexes, which are built of corpora."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRecord:
    """A version of an index: what it was built of."""

    identity: str
    """Hash of the corpus, the chunker and the embedder's weights."""
    corpus: str
    """The corpus's path as the user gave it."""
    n_documents: int
    n_passages: int
    chunker: str
    """The chunker's signature."""
    embedder: str | None
    """Name of the embedding model; None for a search by words alone."""
    embedder_digest: str | None
    created_at: datetime
    dimension: int | None
    """Numbers of each embedding."""
    n_embedded: int | None = None
    """Texts that were embedded for this index; the others were stored before. None: not known, or no embedder."""
    embedded_tokens: int | None = None
    """Tokens of those texts; None where the server does not report them, or without an embedder."""
