"""Readability: English formulas on sentence length and syllables, computed by `textstat`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.quality_metric import QualityMetric, confidence_of, measurement
from evaluation.metrics.quality.reading import READ_CHARS, reading_of
from evaluation.scores import Measurement, ScoreFailure

Formula = Literal["flesch", "flesch_kincaid", "gunning_fog", "smog", "coleman_liau", "automated_readability"]
_FUNCTIONS = {
    "flesch": "flesch_reading_ease",
    "flesch_kincaid": "flesch_kincaid_grade",
    "gunning_fog": "gunning_fog",
    "smog": "smog_index",
    "coleman_liau": "coleman_liau_index",
    "automated_readability": "automated_readability_index",
}
_EASY_GRADE, _HARD_GRADE = 5.0, 20.0
_HALF_SURE_AT = 50
_ENDLESS = re.compile(r"(\w{60})\w+")
_LAST_LATIN = "\u024f"


@dataclass(frozen=True, kw_only=True)
class Readability(QualityMetric):
    """Ease of reading for English readers, in [0, 1]; the formula's own value is in the rationale.

    Flesch reading ease is divided by 100; school grades go from 1 at grade 5 to 0 at grade 20, both cut to [0, 1].
    Other languages in Latin letters are read as if they were English: compare such answers only with one another. An
    answer mostly in other letters has no syllables that the formulas know, and fails as `script_unsupported`.
    """

    name: ClassVar[str] = "readability"
    formula: ClassVar[str] = (
        "Flesch: (206.835 - 1.015·words per sentence - 84.6·syllables per word) / 100; grades: (20 - grade) / 15"
    )
    source: ClassVar[str] = "textstat 0.7; Flesch 1948, doi:10.1037/h0057532; Kincaid et al. 1975"
    blind_spots: ClassVar[str] = (
        "Sense, grammar and layout; rare short words; languages but English; whether hard words were asked for;"
        f" what comes after {READ_CHARS} characters"
    )

    formula_name: Formula = "flesch"

    def judge(self, case: Case, generation: Generation) -> Measurement | ScoreFailure:
        """Return the value of an answer that holds a word."""
        reading = reading_of(generation.answer)
        if _latin_share(reading.text) < 0.5:
            return ScoreFailure(kind="script_unsupported", message="fewer than half of the letters are Latin")
        own = _own_value(self.formula_name, _as_prose(reading.sentences))
        value = own / 100 if self.formula_name == "flesch" else (_HARD_GRADE - own) / (_HARD_GRADE - _EASY_GRADE)
        confidence = confidence_of(len(reading.words), half_at=_HALF_SURE_AT)
        return measurement(value, {self.formula_name: own}, confidence=confidence)


def _as_prose(sentences: Sequence[str]) -> str:
    """Return the sentences with an end mark each, and with overlong words truncated.

    The syllables of overlong words take long to count.
    """
    return _ENDLESS.sub(r"\1", ". ".join(sentence.rstrip(".") for sentence in sentences) + ".")


def _latin_share(text: str) -> float:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter <= _LAST_LATIN for letter in letters) / len(letters) if letters else 1.0


@lru_cache(maxsize=8)
def _own_value(formula: Formula, text: str) -> float:
    return float(_function(formula)(text))


@lru_cache(maxsize=1)
def _textstat() -> Any:
    from textstat import textstat

    return textstat


def _function(formula: Formula) -> Callable[[str], float]:
    function: Callable[[str], float] = getattr(_textstat(), _FUNCTIONS[formula])
    return function
