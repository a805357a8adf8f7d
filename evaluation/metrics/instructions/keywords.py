"""Instructions on keywords and letters: which occur, and how often.

Words are regular expressions, case-insensitive.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction, Relation, check_pattern


@dataclass(frozen=True, kw_only=True)
class Existence(Instruction):
    """Every keyword occurs, also as a part of other words."""

    name: ClassVar[str] = "keywords:existence"
    keywords: tuple[str, ...]

    def __post_init__(self) -> None:
        for keyword in self.keywords:
            check_pattern(self, "keywords", keyword)

    def is_followed(self, answer: str) -> bool:
        return all(re.search(keyword, answer, re.IGNORECASE) for keyword in self.keywords)


@dataclass(frozen=True, kw_only=True)
class Frequency(Instruction):
    """The keyword occurs this often, also as a part of other words: "art" twice in "Art is a party"."""

    name: ClassVar[str] = "keywords:frequency"
    keyword: str
    frequency: int
    relation: Relation

    def __post_init__(self) -> None:
        check_pattern(self, "keyword", self.keyword.strip())

    def is_followed(self, answer: str) -> bool:
        matches = re.finditer(self.keyword.strip(), answer, re.IGNORECASE)
        return self.relation.holds(sum(1 for _ in matches), self.frequency)


@dataclass(frozen=True, kw_only=True)
class ForbiddenWords(Instruction):
    """None of the words occurs as a separate word."""

    name: ClassVar[str] = "keywords:forbidden_words"
    forbidden_words: tuple[str, ...]

    def __post_init__(self) -> None:
        for word in self.forbidden_words:
            check_pattern(self, "forbidden_words", word)
            check_pattern(self, "forbidden_words", _as_word(word))

    def is_followed(self, answer: str) -> bool:
        return not any(re.search(_as_word(word), answer, re.IGNORECASE) for word in self.forbidden_words)


@dataclass(frozen=True, kw_only=True)
class LetterFrequency(Instruction):
    """The character, ignoring case, occurs this often."""

    name: ClassVar[str] = "keywords:letter_frequency"
    letter: str
    let_frequency: int
    let_relation: Relation

    def __post_init__(self) -> None:
        if len(self.letter) != 1:
            raise self.refuse("letter", "a single character")

    def is_followed(self, answer: str) -> bool:
        # Counted by characters: a letter whose lower case is two of them is never found, as in the published checker.
        return self.let_relation.holds(Counter(answer.lower())[self.letter.lower()], self.let_frequency)


def _as_word(word: str) -> str:
    return rf"\b{word}\b"
