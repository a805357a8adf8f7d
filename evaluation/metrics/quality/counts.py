"""Word and sentence counts of an answer."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric
from evaluation.metrics.quality.reading import sentences, without_code, words
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class WordCount(AnswerMetric):
    """The number of words in the whole answer, code included.

    A word is a run of letters and digits with apostrophes and hyphens inside; of scripts that leave no blanks (Chinese,
    Japanese, Thai, …) every character.
    """

    name: ClassVar[str] = "word_count"
    unit: ClassVar[str] = "words"
    value_range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    formula: ClassVar[str] = "number of words"
    source: ClassVar[str] = "our own"
    blind_spots: ClassVar[str] = "More is not better: it has no direction. A token of a model is not a word"

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        return Measurement(value=float(len(words(generation.answer))))


@dataclass(frozen=True, kw_only=True)
class SentenceCount(AnswerMetric):
    """The number of sentences in the whole answer, list items and headings counted as such, fenced code left out."""

    name: ClassVar[str] = "sentence_count"
    unit: ClassVar[str] = "sentences"
    value_range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    formula: ClassVar[str] = "number of sentences, list items and headings that hold a word"
    source: ClassVar[str] = "our own"
    blind_spots: ClassVar[str] = (
        "More is not better: it has no direction. Sentences without an end mark count as one; rare abbreviations do"
    )

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        return Measurement(value=float(len(sentences(without_code(generation.answer)))))
