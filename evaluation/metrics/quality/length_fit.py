"""Length fit: how close the length is to what the prompt requests, or to what is usual for such answers."""

import re
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.prompt_requirements import LengthRequirement, length_requirements, prompt_of
from evaluation.metrics.quality.quality_metric import QualityMetric, measurement
from evaluation.metrics.quality.reading import sentences, without_code, words
from evaluation.scores import Measurement

_SUMMARY = re.compile(r"\b(?:summar|abstract|tl;?dr|in brief|shorten|condense)")
_BRIEF = re.compile(r"\b(?:brief|briefly|short|shortly|concise|concisely|few words|headline|title|slogan|one line)\b")
_SHORT_QUESTION = re.compile(
    r"\b(?:who|whom|whose|when|where|which|how (?:many|much|old|long|far|tall)|what is the)\b[^?]*\?"
)
_STATED, _ASSUMED = 1.0, 0.3


@dataclass(frozen=True, kw_only=True)
class LengthFit(QualityMetric):
    """How near the length comes to what was asked, in [0, 1]: 1 within the range, else the ratio to its nearer end.

    Where the prompt states no length in English words, a range by the kind of case is assumed, and the confidence is
    low: choices 1-12 words; a summary 5-40 % of the context's words; a question on a context, or of the kind who, when,
    how many: 1-60; brief, short, headline: 1-80; else `fewest` to `most` words.
    """

    name: ClassVar[str] = "length_fit"
    formula: ClassVar[str] = "min over the lengths asked for of min(1, n / low, high / n), n in the unit asked for"
    source: ClassVar[str] = "our own"
    blind_spots: ClassVar[str] = (
        "Padding within the range; lengths that the prompt mentions for another purpose, or that only the benchmark's"
        " template states; the assumed ranges are conventions"
    )

    fewest: int = 15
    """Least number of words of an answer without a stated length."""
    most: int = 400
    """Largest number of words of an answer without a stated length."""

    def __post_init__(self) -> None:
        """Refuse a range that holds no length."""
        if not 1 <= self.fewest <= self.most:
            self.refuse("fewest", allowed=f"from 1 to most={self.most!r}", example="1")

    def judge(self, case: Case, generation: Generation) -> Measurement:
        """Return the value of an answer that holds a word."""
        stated = length_requirements(prompt_of(case))
        wishes = stated or (self._assumed(case),)
        fits = {wish: _fit(_length(generation.answer, wish.unit), wish) for wish in wishes}
        wish = min(fits, key=lambda wish: fits[wish])
        parts = {f"{wish.unit}s": _length(generation.answer, wish.unit), "low": wish.low}
        if isfinite(wish.high):
            parts["high"] = wish.high
        return measurement(
            fits[wish],
            parts,
            confidence=_STATED if stated else _ASSUMED,
            label="length_stated" if stated else "length_assumed",
        )

    def _assumed(self, case: Case) -> LengthRequirement:
        prompt = prompt_of(case)
        low, high = float(self.fewest), float(self.most)
        if case.choices:
            low, high = 1.0, 12.0
        elif case.context and _SUMMARY.search(prompt):
            n_words = sum(len(words(passage)) for passage in case.context)
            low, high = max(5.0, 0.05 * n_words), max(30.0, 0.4 * n_words)
        elif case.context or _SHORT_QUESTION.search(prompt):
            low, high = 1.0, 60.0
        elif _BRIEF.search(prompt):
            low, high = 1.0, 80.0
        return LengthRequirement(low=low, high=high, unit="word")


def _fit(n: float, wish: LengthRequirement) -> float:
    if n < wish.low:
        return n / wish.low
    return 1.0 if n <= wish.high else wish.high / n


def _length(answer: str, unit: str) -> float:
    if unit == "word":
        return float(len(words(answer)))
    if unit == "sentence":
        return float(len(sentences(without_code(answer))))
    if unit == "character":
        return float(len(answer.strip()))
    blocks = re.split(r"\n[ \t\r]*\n" if unit == "paragraph" else r"\n", answer)
    return float(sum(bool(block.strip()) for block in blocks))
