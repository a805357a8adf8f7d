"""Instructions on letter case: all capitals, all small letters, or a number of capitalised words.

Marks stand apart, "don't" is "do" and "n't", "cannot" is "can" and "not", and a hyphen joins. The rules follow one
another over the whole text; only what they do to words is meant, not how many marks are left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction, Relation
from evaluation.metrics.instructions.language import is_in
from evaluation.metrics.instructions.sentences import sentences

_Rule = tuple[re.Pattern[str], str]
_APART = r" \g<0> "
_JOINED = (
    ("can", r"not\b"),
    ("d", r"'ye\b"),
    ("gim", r"me\b"),
    ("gon", r"na\b"),
    ("got", r"ta\b"),
    ("lem", r"me\b"),
    ("more", r"'n\b"),
    ("wan", r"na(?=\s)"),
)
"""Pairs of words written as one."""


def _rules(*rules: tuple[str, str]) -> tuple[_Rule, ...]:
    return tuple((re.compile(pattern, re.MULTILINE), replacement) for pattern, replacement in rules)


_MARKS = _rules(
    ("[«“‘„]|`+", _APART),
    (r"(?<!\w)'(?!(?i:re|ve|ll|m|t|s|d|n)\b)(?=\w)", "' "),
    (r"(?<=[^.])\.(?=[\])}>\"'»”’ ]*+\s*$)", _APART),
    (r"([:,])(\D)", r" \1 \2"),
    ("[:,]$", _APART),
    (r"\.{2,}|[;@#$%&‒–—―?!]", _APART),
    ("(?<=[^'])' ", _APART),
    (r"[*\]\[(){}<>]|--", _APART),
)
_ENDINGS = _rules(
    ("[»”’\"]|''", _APART),
    (r"\s+", " "),
    ("(?<=[^' ])'[sSmMdD]? ", _APART),
    ("(?<=[^' ])(?:'ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", _APART),
    *((rf"(?i)\b({first})({second})", r" \1 \2 ") for first, second in _JOINED),
    (r"(?i) ('t)(is|was)\b", r" \1 \2 "),
)


def words(text: str) -> list[str]:
    """Return the words and marks of a text, in time that grows with its length."""
    # A sentence a line, so that the rules know its end and yet pass over the text only once.
    lines = "\n".join(sentence.replace("\n", "\t") for sentence in sentences(text))
    return _applied(_ENDINGS, f" {_applied(_MARKS, lines)} ").split()


def _applied(rules: Sequence[_Rule], text: str) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


@dataclass(frozen=True, kw_only=True)
class CapitalWordFrequency(Instruction):
    """This many words in capitals by the word rules of the Penn Treebank (see `words`), including "I" and "3D"."""

    name: ClassVar[str] = "change_case:capital_word_frequency"
    capital_frequency: int
    capital_relation: Relation

    def is_followed(self, answer: str) -> bool:
        return self.capital_relation.holds(sum(word.isupper() for word in words(answer)), self.capital_frequency)


@dataclass(frozen=True, kw_only=True)
class EnglishCapital(Instruction):
    """No lower-case letter, at least one capital, and English."""

    name: ClassVar[str] = "change_case:english_capital"

    def is_followed(self, answer: str) -> bool:
        return answer.isupper() and is_in(answer, "en")


@dataclass(frozen=True, kw_only=True)
class EnglishLowercase(Instruction):
    """No capital letter, at least one lower-case one, and English."""

    name: ClassVar[str] = "change_case:english_lowercase"

    def is_followed(self, answer: str) -> bool:
        return answer.islower() and is_in(answer, "en")
