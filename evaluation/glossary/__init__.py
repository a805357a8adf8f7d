"""The words that need explaining, for pages and for `docs/glossary.md`: to add one, a line in one of the lists."""

from collections.abc import Mapping
from types import MappingProxyType

from evaluation.glossary.domain import DOMAIN
from evaluation.glossary.figures import FIGURES
from evaluation.glossary.labels import LABELS
from evaluation.glossary.term import Term

__all__ = ["DOMAIN", "FIGURES", "LABELS", "TERMS", "Term", "find_term", "plain_word"]
TERMS: tuple[Term, ...] = (*DOMAIN, *FIGURES, *LABELS)
_HEADLINE_MARK = " *"


def _by_name() -> Mapping[str, Term]:
    names: dict[str, Term] = {}
    for term in TERMS:
        for name in (*(part.strip() for part in term.word.split("·")), *term.also, *term.fields):
            names.setdefault(name.casefold(), term)
    return MappingProxyType(names)


_NAMES = _by_name()


def find_term(text: str) -> Term | None:
    """Return what a heading, a label or the name of a field stands for; None where nothing needs explaining."""
    return _NAMES.get(text.removesuffix(_HEADLINE_MARK).casefold())


def plain_word(text: str) -> str:
    """Return a field's name or a label as people say it, such as `time to first token s`; other texts stay."""
    name = text.removesuffix(_HEADLINE_MARK)
    term = find_term(name)
    return text if term is None or name not in term.fields else term.word + text[len(name) :]
