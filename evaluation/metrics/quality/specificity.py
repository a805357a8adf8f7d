"""Specificity: whether the answer is concrete or vague."""

import re
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.quality_metric import QualityMetric, confidence_of, measurement
from evaluation.metrics.quality.reading import READ_CHARS, Reading, reading_of, words
from evaluation.metrics.quality.word_classes import SMALL_WORDS
from evaluation.scores import Measurement

_HALF_SURE_AT = 30
_VAGUE_TEXT = """
    thing things stuff something anything everything someone somebody anyone somewhere somehow someplace whatever
    various numerous several many much some lots lot plenty bit bunch couple few kind kinds sort sorts type types
    way ways aspect aspects factor factors issue issues matter matters area areas element elements item items part
    parts point points situation situations circumstance circumstances place places people person good bad nice
    great big small interesting important different certain other others very really quite rather fairly pretty
    somewhat basically generally usually often sometimes typically mostly largely perhaps maybe possibly probably
    likely presumably apparently seemingly arguably roughly about around approximately may might could would seem
    seems appear appears suggest suggests believe think guess feel etc overall ultimately essentially actually
    simply just like get gets got make makes made do does did done go goes going come comes put take takes have has
    had use uses used
"""
_VAGUE = frozenset(_VAGUE_TEXT.split())
_LONG = 8
"""Letters from which a word that is neither a function word nor vague counts as specific."""


@dataclass(frozen=True, kw_only=True)
class Specificity(QualityMetric):
    """Specific words (numbers, names, long words) against vague ones and hedges, in [0, 1].

    In other languages than English no word is vague, and only numbers, capitals and length count; in scripts without
    capitals and blanks only numbers do.
    """

    name: ClassVar[str] = "specificity"
    formula: ClassVar[str] = (
        "s / (s + v + floor): s = share of words that are numbers, names (a capital inside a sentence) or have 8"
        " letters or more, v = share of vague words and hedges"
    )
    source: ClassVar[str] = "our own"
    blind_spots: ClassVar[str] = (
        "Truth: an invented number is specific; short concrete words (oak, tin); names at the head of a sentence;"
        f" capitals in German; jargon counts as specific; what comes after {READ_CHARS} characters"
    )

    floor: float = 0.1
    """Constant in the denominator, which gives a text with neither kind of word the value 0."""

    def __post_init__(self) -> None:
        """Refuse a floor that would raise the value above 1, or hide it."""
        if not 0 <= self.floor <= 1:
            self.refuse("floor", allowed="from 0 to 1", example="0.2")

    def judge(self, case: Case, generation: Generation) -> Measurement:
        """Return the value of an answer that holds a word."""
        reading = reading_of(generation.answer)
        specific, vague = specific_share(reading), vague_share(reading)
        value = specific / (specific + vague + self.floor) if specific else 0.0
        parts = {"specific": specific, "vague": vague}
        return measurement(value, parts, confidence=confidence_of(len(reading.words), half_at=_HALF_SURE_AT))


def specific_share(reading: Reading) -> float:
    """Return the share of words that are numbers, names or long."""
    n_specific = 0
    for sentence in reading.sentences:
        for place, word in enumerate(words(sentence)):
            n_specific += _is_specific(word, at_head=place == 0)
    return n_specific / max(1, len(reading.words))


def vague_share(reading: Reading) -> float:
    """Return the share of words that are vague or hedge a claim."""
    return sum(word in _VAGUE for word in reading.lower) / max(1, len(reading.words))


def _is_specific(word: str, *, at_head: bool) -> bool:
    if re.search(r"\d", word):
        return True
    lower = word.lower()
    if lower in SMALL_WORDS or lower in _VAGUE:
        return False
    return len(word) >= _LONG or (word[0].isupper() and not at_head)
