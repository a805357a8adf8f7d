"""Texts of calls in production as they are kept: up to a length, with what the whole text was."""

import hashlib

from evaluation.records.question_context import MOST_KEPT_CHARACTERS


class KeptText:
    """A text that comes in pieces, of which no more is kept than is stored."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._n_kept = 0
        self._hash = hashlib.sha256()
        self.n_characters = 0
        """Characters of the whole text."""

    def add(self, piece: str) -> None:
        """Take the next piece."""
        self.n_characters += len(piece)
        self._hash.update(piece.encode("utf-8", "surrogatepass"))
        if self._n_kept < MOST_KEPT_CHARACTERS:
            part = piece[: MOST_KEPT_CHARACTERS - self._n_kept]
            self._parts.append(part)
            self._n_kept += len(part)

    @property
    def text(self) -> str:
        """What is stored: the text, or its beginning with a mark that has its length and hash."""
        text = "".join(self._parts)
        if self.n_characters <= MOST_KEPT_CHARACTERS:
            return text
        mark = f"\n[cut here: {self.n_characters:,} characters in all, sha256 {self._hash.hexdigest()}]"
        return text[: MOST_KEPT_CHARACTERS - len(mark)] + mark


def kept(text: str) -> str:
    """Return a text as it is stored; one that is so already stays as it is."""
    if len(text) <= MOST_KEPT_CHARACTERS:
        return text
    whole = KeptText()
    whole.add(text)
    return whole.text
