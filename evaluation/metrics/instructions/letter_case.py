"""Is the answer in capital or small letters, or how many of its words are in capitals?"""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction, Relation
from evaluation.metrics.instructions.language import is_in
from evaluation.metrics.instructions.words import words


@dataclass(frozen=True, kw_only=True)
class CapitalWordFrequency(Instruction):
    """So many words in capitals, by the word rules of the Penn Treebank (see `words`): "I" and "3D" are such words."""

    name: ClassVar[str] = "change_case:capital_word_frequency"
    capital_frequency: int
    capital_relation: Relation

    def is_followed(self, answer: str) -> bool:
        return self.capital_relation.holds(sum(word.isupper() for word in words(answer)), self.capital_frequency)


@dataclass(frozen=True, kw_only=True)
class EnglishCapital(Instruction):
    """No small letter, at least one capital, and English."""

    name: ClassVar[str] = "change_case:english_capital"

    def is_followed(self, answer: str) -> bool:
        return answer.isupper() and is_in(answer, "en")


@dataclass(frozen=True, kw_only=True)
class EnglishLowercase(Instruction):
    """No capital letter, at least one small one, and English."""

    name: ClassVar[str] = "change_case:english_lowercase"

    def is_followed(self, answer: str) -> bool:
        return answer.islower() and is_in(answer, "en")
