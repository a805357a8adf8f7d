"""The table of indexes, which are built of corpora. Their vectors stand in `embedding`."""

from datetime import datetime

from evaluation.store.tables.row import METADATA, Row, text_field, time_field, whole_field


class CorpusIndexTable(Row, table=True):
    """A version of an index: what it was built of."""

    __tablename__ = "corpus_index"

    identity: str = text_field(primary_key=True)
    """Hash of the corpus, the chunker and the embedder's weights."""
    corpus: str = text_field()
    """The corpus's path as the user gave it."""
    n_documents: int = whole_field()
    n_passages: int = whole_field()
    chunker: str = text_field()
    """The chunker's signature."""
    embedder: str | None = text_field(null=True)
    """Name of the embedding model; null for a search by words alone."""
    embedder_digest: str | None = text_field(null=True)
    dimension: int | None = whole_field(null=True)
    """Numbers of each embedding."""
    n_embedded: int | None = whole_field(null=True)
    """Texts that were embedded for it, without those that were stored before."""
    embedded_tokens: int | None = whole_field(null=True)
    """Tokens of those texts, as the server reported them."""
    created_at: datetime = time_field()


corpus_index = METADATA.tables["corpus_index"]
