"""What a reader returns of a document, and what it raises where there is nothing to return."""

from typing import TypeAlias

from evaluation.retrieval.left_out import WhyLeftOut

Text: TypeAlias = tuple[str, tuple[int, ...]]
"""A text, and the index at which each of its pages begins."""


class UnreadableDocumentError(Exception):
    """Raised where a document holds no text that can be read, with the reason in words."""

    def __init__(self, reason: str, why: WhyLeftOut = WhyLeftOut.DAMAGED) -> None:
        super().__init__(reason, why)
        self.reason, self.why = reason, why

    def __str__(self) -> str:
        return self.reason
