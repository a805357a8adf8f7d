"""Edit similarity: the share of a text that need not be retyped to get the closest reference."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class EditSimilarity(AnswerMetric):
    """1 less the share of characters to insert, delete or replace, with the closest reference, in [0, 1].

    1 for equal texts, two empty ones among them; 0 where no character stays.
    """

    name: ClassVar[str] = "edit_similarity"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    formula: ClassVar[str] = "max over references of 1 - Levenshtein distance / length of the longer text"
    source: ClassVar[str] = "Levenshtein 1966; rapidfuzz Levenshtein.normalized_similarity"
    blind_spots: ClassVar[str] = (
        "Sees characters, not meaning: texts of one language share about a fifth by chance, and a moved paragraph "
        "costs as much as a new one. Accents that are composed differently count as different."
    )

    ignore_case: bool = False
    strip: bool = True
    """Outer blanks go, and runs of blanks and line breaks become one blank."""

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        from rapidfuzz.distance import Levenshtein

        answer = self._plain(generation.answer)
        similarities = [
            Levenshtein.normalized_similarity(answer, self._plain(reference)) for reference in case.references
        ]
        return Measurement(value=max(similarities, default=0.0))

    def _plain(self, text: str) -> str:
        if self.strip:
            text = " ".join(text.split())
        return text.casefold() if self.ignore_case else text
