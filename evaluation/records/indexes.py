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
    dimension: int | None
    """Numbers of each embedding."""
    created_at: datetime
