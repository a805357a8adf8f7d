"""How much of the closest reference does a summary share, in words, word pairs or longest common order?

Computed by the `rouge-score` package, whose tokenizer knows the letters a-z and the digits alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Answers, Metric, Need
from evaluation.score import Measurement


@dataclass(frozen=True, kw_only=True)
class _Rouge(Metric):
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    rouge_type: ClassVar[str]

    use_stemmer: bool = True
    """Word endings do not count (Porter's rules for English)."""

    def problem(self, case: Case) -> str | None:
        """Says which reference has no word that the tokenizer can see."""
        for reference in case.references:
            if reference.strip() and not _words(reference, self.use_stemmer):
                return f"has the reference {reference[:60]!r}, in which ROUGE sees no word (it reads a-z and 0-9 alone)"
        return None

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement:
        (generation,) = generations
        answer = generation.answer.strip()
        if not answer or not case.references:
            return Measurement(value=float(any(not reference.strip() for reference in case.references)))
        scorer = _scorer(self.rouge_type, self.use_stemmer)
        score = scorer.score_multi(list(case.references), answer)[self.rouge_type]
        rationale = f"precision {score.precision:.3f}, recall {score.recall:.3f}"
        return Measurement(value=float(score.fmeasure), rationale=rationale)


@dataclass(frozen=True, kw_only=True)
class Rouge1(_Rouge):
    """F-measure of shared words with the closest reference, in [0, 1] (Lin 2004, aclanthology W04-1013)."""

    name: ClassVar[str] = "rouge_1"
    rouge_type: ClassVar[str] = "rouge1"


@dataclass(frozen=True, kw_only=True)
class Rouge2(_Rouge):
    """F-measure of shared pairs of neighbouring words with the closest reference, in [0, 1] (Lin 2004)."""

    name: ClassVar[str] = "rouge_2"
    rouge_type: ClassVar[str] = "rouge2"


@dataclass(frozen=True, kw_only=True)
class RougeL(_Rouge):
    """F-measure of the longest common subsequence of words with the closest reference, in [0, 1] (Lin 2004)."""

    name: ClassVar[str] = "rouge_l"
    rouge_type: ClassVar[str] = "rougeL"


class _CachedTokenizer:
    """Tokenizes each text once for all three metrics."""

    def __init__(self, use_stemmer: bool) -> None:
        self._use_stemmer = use_stemmer

    def tokenize(self, text: str) -> list[str]:
        return list(_words(text, self._use_stemmer))


@lru_cache(maxsize=8)
def _scorer(rouge_type: str, use_stemmer: bool) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([rouge_type], tokenizer=_CachedTokenizer(use_stemmer))


@lru_cache(maxsize=2)
def _tokenizer(use_stemmer: bool) -> Any:
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer)


@lru_cache(maxsize=1024)
def _words(text: str, use_stemmer: bool) -> tuple[str, ...]:
    return tuple(_tokenizer(use_stemmer).tokenize(text))
