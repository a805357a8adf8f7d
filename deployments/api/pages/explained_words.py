"""The words that a page explains: each once, however often it stands there."""

import re
from dataclasses import dataclass

from evaluation.glossary import find_term
from evaluation.metrics import METRICS
from evaluation.metrics.descriptions import summary

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedWord:
    """A word with its explanation."""

    anchor: str
    """What its explanation is called in the page."""
    word: str
    meaning: str


class ExplainedWords:
    """The words that a page has explained so far."""

    def __init__(self) -> None:
        self._words: dict[str, ExplainedWord] = {}

    def explain(self, text: str) -> ExplainedWord | None:
        """Return a word's explanation, which the page has to show; None where nothing needs one."""
        explained = explanation_of(text)
        if explained is not None:
            self._words.setdefault(explained.anchor, explained)
        return explained

    @property
    def all(self) -> tuple[ExplainedWord, ...]:
        """Return all that were explained."""
        return tuple(self._words.values())


def explanation_of(text: str) -> ExplainedWord | None:
    """Return what a heading, a label or a metric's name means; None where nothing needs explaining."""
    term = find_term(text)
    if term is not None:
        return ExplainedWord(anchor=_anchor(term.word), word=term.word, meaning=term.meaning)
    name = text.removesuffix(" *").partition("(")[0]
    if name not in METRICS:
        return None
    return ExplainedWord(anchor=_anchor(name), word=name, meaning=summary(METRICS[name]))


def _anchor(word: str) -> str:
    return f"word-{_NOT_IN_A_NAME.sub('-', word.casefold()).strip('-')}"
