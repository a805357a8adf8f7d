"""The passages that are relevant to a case, as its `details["relevant"]` names them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.case import Case
from evaluation.formatting import excerpt

RELEVANT = "relevant"
"""Key of a case's details."""
EXPECTED = 'a list of objects with "document" (path in the corpus), "text" (the words that prove the answer), or both'
KEYS = ("document", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevantPassage:
    """A place in a corpus that proves the answer: a text, a document that holds it, or a whole document."""

    document: str | None = None
    """Path of the document within its corpus; None: any document."""
    text: str | None = None
    """Text that proves the answer; None: any passage of the document."""

    @property
    def path(self) -> str | None:
        """The document as a corpus names it."""
        return None if self.document is None else self.document.removeprefix("./")


def relevant_passages(case: Case) -> tuple[RelevantPassage, ...]:
    """Return the passages that are relevant to a case; empty where it names none.

    Raises:
        ValueError: they are not written as `EXPECTED` says.
    """
    if (problem := relevant_problem(case.details)) is not None:
        raise ValueError(problem)
    return tuple(RelevantPassage(**entry) for entry in case.details.get(RELEVANT) or ())


def relevant_problem(details: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a case's relevant passages, in words to follow "case …"; None where nothing is."""
    entries = details.get(RELEVANT)
    if entries is None:
        return None
    if not isinstance(entries, list | tuple):
        return f"has `details.{RELEVANT}` that is {type(entries).__name__}; expected {EXPECTED}"
    for number, entry in enumerate(entries, 1):
        if (problem := entry_problem(entry)) is not None:
            return f"has `details.{RELEVANT}` whose entry {number} {problem}; expected {EXPECTED}"
    return None


def entry_problem(entry: object) -> str | None:
    """Return what is wrong with one of the relevant passages; None where nothing is."""
    if not isinstance(entry, Mapping):
        return f"is no object: {excerpt(str(entry), 60)!r}"
    unknown = [str(key) for key in entry if key not in KEYS]
    if unknown:
        return f"has the unknown key {unknown[0]!r}"
    empty = [key for key, value in entry.items() if not isinstance(value, str) or not value.strip()]
    if empty:
        return f"has no text in {empty[0]!r}"
    return None if entry else "names neither a document nor a text"
