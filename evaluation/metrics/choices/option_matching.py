"""Matching of a text to an option by its letter, its text, or both."""

import re
from collections.abc import Sequence

from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.claims import option_index
from evaluation.metrics.label_extraction import named_label

_LEADING = re.compile(r"\W*(?P<letter>[A-Za-z])\W*[).:,\]\n]")


def named_option(text: str, options: Sequence[str]) -> int | None:
    """Return the index of the option that a text equals: its letter, else its text, or both; None if there is none."""
    match = wording.NOTHING_BUT.fullmatch(text)
    index = option_index(match.group("letter"), options) if match else None
    if index is None:
        index = _index_of_text(text, options)
    if index is not None:
        return index
    leading = _LEADING.match(text)
    index = option_index(leading.group("letter"), options) if leading else None
    if leading and index is not None and _index_of_text(text[leading.end() :], options) == index:
        return index
    return None


def other_option(text: str, options: Sequence[str]) -> int | None:
    """Return the index of the option whose text is `text`, where `text` is also the letter of another one."""
    by_text = _index_of_text(text, options)
    return by_text if named_option(text, options) != by_text else None


def _index_of_text(text: str, options: Sequence[str]) -> int | None:
    label = named_label(text, options)
    return None if label is None else list(options).index(label)
