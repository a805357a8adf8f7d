"""Exact match: whether the answer equals a reference, ignoring case, punctuation and articles."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.metrics.normalization import folded, squad_words, without_articles, without_punctuation
from evaluation.scores import Measurement

_REMEMBERED = 256
"""Normalised texts that are kept."""


@dataclass(frozen=True, kw_only=True)
class ExactMatch(AnswerMetric):
    """1 where the answer equals a reference after the same normalisation of both, else 0.

    Applied in this order, each step an option: sentence punctuation goes, English articles before another word go,
    case is folded and letters are composed (`é` may be written in two characters), outer blanks go and inner ones
    become one. What carries meaning stays: a number's point, comma and sign, symbols (`C++`, `50%`), square and curly
    brackets, signs inside a word (`f(x)`). An apostrophe goes (`don't` is `dont`), and so do the points of an
    abbreviation (`U.S.` is `US`); a hyphen is nothing or a blank (`ice-cream` is `icecream` and `ice cream`). They stay
    where the word without them is another one: `we're` is not `were`, `re-sign` is not `resign`. A step after which no
    word would remain is not taken: `[1, 2]` is not `{1, 2}`, `3 - 2` is not `3 2`, `A` is not `the`; around such an
    answer only a full stop, quotes and emphasis go.
    With every option off, the texts are compared as they are.
    With `squad`, SQuAD's official rule is applied instead, which removes all ASCII punctuation and every article.
    """

    name: ClassVar[str] = "exact_match"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    formula: ClassVar[str] = "1 if the normalised answer equals a normalised reference, else 0"
    source: ClassVar[str] = "with `squad`: Rajpurkar et al. 2016, arXiv:1606.05250; SQuAD's evaluation script"
    scorer_version: ClassVar[str] = "7"
    blind_spots: ClassVar[str] = "A right answer in other words, or in a sentence around the right words, scores 0."

    ignore_case: bool = True
    ignore_punctuation: bool = True
    ignore_articles: bool = True
    strip: bool = True
    """Outer blanks go, and runs of blanks and line breaks become one blank."""

    squad: bool = False
    """SQuAD's rule, whatever the options above: `3.5` is `35` there, and `the` equals an empty answer."""

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        answer = self._forms(generation.answer)
        right = any(not answer.isdisjoint(self._forms(reference)) for reference in case.references)
        return Measurement(value=float(right))

    def _forms(self, text: str) -> frozenset[str]:
        """Return the forms in which `text` may be compared: hyphens between words removed, or replaced by blanks."""
        hyphens = ("", " ") if "-" in text or "\N{EN DASH}" in text else ("",)
        return frozenset(_normalised(self, text, hyphen) for hyphen in hyphens)

    def normalised(self, text: str, hyphen: str) -> str:
        """Return `text` in the form in which it is compared, with `hyphen` in place of each hyphen between words."""
        if self.squad:
            return " ".join(squad_words(text))
        if self.strip:
            text = " ".join(text.split())
        if self.ignore_punctuation:
            text = without_punctuation(text, hyphen=hyphen)
        if self.ignore_articles:
            text = without_articles(text)
        if self.ignore_case:
            text = folded(text)
        return " ".join(text.split()) if self.strip else text


@lru_cache(maxsize=_REMEMBERED)
def _normalised(metric: ExactMatch, text: str, hyphen: str) -> str:
    """Return the normalised text; the references of a case come again with each of its answers."""
    return metric.normalised(text, hyphen)
