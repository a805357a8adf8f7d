"""Creativity: variety of the wording and absence of self-repetition.

distinct-n = different n-grams / all n-grams (Li et al. 2016, arXiv:1510.03055), computed here over windows of equal
length, since it falls with length; self-repetition = share of 4-grams that occurred earlier in the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.quality_metric import QualityMetric, confidence_of, measurement
from evaluation.metrics.quality.reading import READ_CHARS, reading_of
from evaluation.scores import Measurement

_HALF_SURE_AT = 40
_REPEATED_N = 4


@dataclass(frozen=True, kw_only=True)
class Creativity(QualityMetric):
    """Variety of the wording without self-repetition, in [0, 1]; it means the same in every language."""

    name: ClassVar[str] = "creativity"
    formula: ClassVar[str] = (
        "(mean of distinct-1, -2, -3 in stretches of `window` words) · (1 - share of 4-grams that stood there before)"
    )
    source: ClassVar[str] = "distinct-n: Li et al. 2016, arXiv:1510.03055"
    blind_spots: ClassVar[str] = (
        "Sense: random words score highest; ideas: an old thought in new words scores high; copies of the prompt;"
        f" what comes after {READ_CHARS} characters"
    )

    window: int = 50
    """Words of a window. A shorter answer is a single window, and appears more varied."""

    def __post_init__(self) -> None:
        """Refuse a window that holds no word."""
        if self.window < 1:
            self.refuse("window", allowed="a number of words from 1", example="100")

    def judge(self, case: Case, generation: Generation) -> Measurement:
        """Return the value of an answer that holds a word."""
        words = reading_of(generation.answer).lower
        variety = sum(windowed_distinct(words, n, window=self.window) for n in (1, 2, 3)) / 3
        repeated = repeated_share(words)
        parts = {"variety": variety, "repeated": repeated}
        return measurement(variety * (1 - repeated), parts, confidence=confidence_of(len(words), half_at=_HALF_SURE_AT))


def distinct(words: Sequence[str], n: int) -> float:
    """Return the number of different n-grams over that of all n-grams; 1 where there are none."""
    grams = _grams(words, n)
    return len(set(grams)) / len(grams) if grams else 1.0


def windowed_distinct(words: Sequence[str], n: int, *, window: int) -> float:
    """Return the mean of distinct-n over adjacent windows of `window` words.

    The last window reaches back so that it is full.
    """
    window = max(window, n)
    begins = list(range(0, max(1, len(words) - window + 1), window))
    if begins[-1] + window < len(words):
        begins.append(len(words) - window)
    return sum(distinct(words[begin : begin + window], n) for begin in begins) / len(begins)


def repeated_share(words: Sequence[str], n: int = _REPEATED_N) -> float:
    """Return the share of n-grams that occurred before in the text; 0 for a text shorter than n."""
    grams = _grams(words, n)
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _grams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[i:] for i in range(n)), strict=False))
