"""Reads the answer of a sample in a form in which samples can be counted: equal answers have equal keys."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from evaluation.case import Case
from evaluation.metrics.choices.extraction import chosen_option
from evaluation.metrics.label_extraction import chosen_label
from evaluation.metrics.normalization import squad_words
from evaluation.metrics.numbers_in_text import find_number

MOST_WORDS = 12
"""Words of an answer above which samples are not compared as texts: two long answers are never equal."""


def number(answer: str, case: Case) -> str | None:
    """Return the number that the answer gives, as `numeric_match` reads it; None: it gives none."""
    number_found = find_number(answer, decimal_comma=False)
    return None if number_found is None or number_found.value is None else str(Fraction(number_found.value))


def choice(answer: str, case: Case) -> str | None:
    """Return the index of the option that the answer chooses, as `multiple_choice` reads it; None: it chooses none."""
    index = chosen_option(answer, case.choices, question=case.prompt).index
    return None if index is None else str(index)


def label(answer: str, case: Case) -> str | None:
    """Return the label that the answer chooses, as `accuracy` reads it; None: it chooses none."""
    return chosen_label(answer, case.choices)


def text(answer: str, case: Case) -> str | None:
    """Return the answer's words without case, articles and punctuation, as `exact_match` compares them.

    None: it has no words, or more than `MOST_WORDS`.
    """
    words = squad_words(answer)
    return " ".join(words) if 0 < len(words) <= MOST_WORDS else None


EXTRACTORS: Mapping[str, Callable[[str, Case], str | None]] = {
    "number": number,
    "choice": choice,
    "label": label,
    "text": text,
}
