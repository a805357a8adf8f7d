"""A word, and what it means to somebody who meets it for the first time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary."""

    word: str
    """As people say it."""
    meaning: str
    """In plain words; what stands between backticks is code."""
    also: tuple[str, ...] = ()
    """What else stands for it, such as headings of tables."""
    fields: tuple[str, ...] = ()
    """Names of fields and labels in whose place pages show the word."""
