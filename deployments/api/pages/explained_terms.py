"""Explanations of the words on a page: each word that needs one is a button, which shows it without a script."""

from dataclasses import dataclass

from evaluation.class_docs import docstring
from evaluation.glossary import Term, term_of
from evaluation.metrics import METRICS

_PLAINER = frozenset({"mde", "p (holm)"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTerm:
    """A word as a page shows it, with what it means."""

    text: str
    """In place of the heading, in plain words."""
    term: Term
    anchor: str
    """What the button names the explanation by."""


class ExplainedTerms:
    """The words that one page explains; the explanations stand at its end."""

    def __init__(self) -> None:
        self._terms: dict[str, ShownTerm] = {}

    def use(self, text: str) -> ShownTerm | None:
        """Return a heading or a label with its explanation; None where nothing explains it."""
        term = _explained(text)
        if term is None:
            return None
        first = self._terms.get(term.word)
        anchor = f"term-{len(self._terms)}" if first is None else first.anchor
        shown = ShownTerm(text=_plain(text, term), term=term, anchor=anchor)
        self._terms.setdefault(term.word, shown)
        return shown

    @property
    def used(self) -> tuple[ShownTerm, ...]:
        """Return the terms of the page so far, each once."""
        return tuple(self._terms.values())


def _explained(text: str) -> Term | None:
    term = term_of(text)
    if term is not None:
        return term
    name = text.strip().rstrip("* ")
    if name not in METRICS:
        return None
    meaning = " ".join(docstring(METRICS[name]).partition("\n\n")[0].split())
    return Term(word=name, meaning=meaning) if meaning else None


def _plain(text: str, term: Term) -> str:
    name = text.strip().rstrip("* ")
    if name == term.word or not ("_" in name or name.casefold() in _PLAINER):
        return text
    unit = " (s)" if name.endswith("_s") and name != "tokens_per_s" else ""
    return f"{term.word}{unit}{' *' if text.endswith('*') else ''}"
