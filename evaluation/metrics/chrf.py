"""Corpus chrF: character n-grams that a corpus of answers shares with its references.

Computed by `sacrebleu`: Popović 2015 (W15-3049), Popović 2017 (W17-4770).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.sacrebleu_metric import SacrebleuMetric

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF


@dataclass(frozen=True, kw_only=True)
class Chrf(SacrebleuMetric):
    """Corpus chrF2 in percent, 0-100, equal to sacrebleu's; one case alone has its sentence score.

    Evidence: for each order of n-gram its number in the answer, in the closest reference and in both. An empty answer
    to an empty reference is right (100), where sacrebleu has no value.
    """

    name: ClassVar[str] = "chrf"
    formula: ClassVar[str] = (
        "100 · 5·P·R / (4·P + R), P and R the mean shares of common character sequences of length 1 to 6"
    )
    source: ClassVar[str] = "Popović 2015, aclanthology W15-3049; Popović 2017, aclanthology W17-4770; sacrebleu chrF"
    blind_spots: ClassVar[str] = (
        "Two texts of one language share many letters: 20 to 30 is what unrelated sentences get. A changed number or "
        "negation costs next to nothing."
    )

    ignore_case: bool = False
    word_order: int = 0
    """Longest word n-gram in addition to the characters: 2 gives chrF++."""

    def __post_init__(self) -> None:
        """Refuse a word order that has no meaning."""
        if not 0 <= self.word_order <= 4:
            raise ConfigurationError(f"chrf: word_order={self.word_order!r} must be from 0 to 4")

    def scorer(self, *, alone: bool = False) -> "CHRF":
        return _scorer(self.ignore_case, self.word_order)

    def value_without_counts(self, case: Case, generation: Generation) -> float:
        """Return 100 for a blank answer to a blank reference, else 0."""
        return 100.0 * (not generation.answer.strip() and any(not text.strip() for text in case.references))


@lru_cache(maxsize=16)
def _scorer(ignore_case: bool, word_order: int) -> "CHRF":
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(lowercase=ignore_case, word_order=word_order)
