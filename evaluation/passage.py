"""Passages, the parts of documents that a model is shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a document of a corpus."""

    document: str
    """Path of the document within its corpus."""
    position: int
    """Index of the passage in its document, from 0."""
    text: str
    page: int | None = None
    """Page, from 1, on which it begins, where the document has pages."""
    last_page: int | None = None
    """Page on which it ends; None without pages, and where an earlier version stored it."""
    relevance: float = 0.0
    """How well it fits a question: a cosine, a BM25 score or a sum of reciprocal ranks."""

    @property
    def passage_id(self) -> str:
        """Identity within its index: `guide.pdf#3`."""
        return f"{self.document}#{self.position}"
