"""Instructions on the number of sentences, paragraphs and words."""

import re
from dataclasses import dataclass
from typing import ClassVar
from unicodedata import category

from evaluation.metrics.instructions.instruction import Instruction, Relation
from evaluation.metrics.instructions.sentences import sentences

_WORD = re.compile(r"\w+")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_END_OF_FIRST_WORD = re.compile("[.,?!'\"]")
_JOINS = {"Mn": "_", "Mc": "_", "Me": "_", "Pc": "_", "No": " "}
_JOINERS = {0x200C: "_", 0x200D: "_"}


@dataclass(frozen=True, kw_only=True)
class NumberSentences(Instruction):
    """This many sentences by the rules of Punkt (see `sentences`)."""

    name: ClassVar[str] = "length_constraints:number_sentences"
    num_sentences: int
    relation: Relation

    def is_followed(self, answer: str) -> bool:
        return self.relation.holds(len(sentences(answer)), self.num_sentences)


@dataclass(frozen=True, kw_only=True)
class NumberWords(Instruction):
    """This many words, which are runs of letters, marks on them, digits and `_`: "it's" is two."""

    name: ClassVar[str] = "length_constraints:number_words"
    num_words: int
    relation: Relation

    def is_followed(self, answer: str) -> bool:
        return self.relation.holds(_n_words(answer), self.num_words)


@dataclass(frozen=True, kw_only=True)
class NumberParagraphs(Instruction):
    """Exactly this many paragraphs between the dividers `***`; an empty one is an error except at the ends."""

    name: ClassVar[str] = "length_constraints:number_paragraphs"
    num_paragraphs: int

    def is_followed(self, answer: str) -> bool:
        first, *rest = [bool(paragraph.strip()) for paragraph in _DIVIDER.split(answer)]
        if not rest:
            return int(first) == self.num_paragraphs
        *middle, last = rest
        return all(middle) and first + len(middle) + last == self.num_paragraphs


@dataclass(frozen=True, kw_only=True)
class NthParagraphFirstWord(Instruction):
    """Exactly this many paragraphs between blank lines, one of which starts with the given word."""

    name: ClassVar[str] = "length_constraints:nth_paragraph_first_word"
    num_paragraphs: int
    nth_paragraph: int
    first_word: str

    def __post_init__(self) -> None:
        if not 1 <= self.nth_paragraph <= self.num_paragraphs:
            raise self.refuse("nth_paragraph", f"between 1 and num_paragraphs={self.num_paragraphs}")

    def is_followed(self, answer: str) -> bool:
        # Empty paragraphs are not counted, and yet have their place among the paragraphs, as in the published checker.
        paragraphs = answer.split("\n\n")
        n_paragraphs = sum(1 for paragraph in paragraphs if paragraph.strip())
        if n_paragraphs != self.num_paragraphs:
            return False
        words = paragraphs[self.nth_paragraph - 1].split(maxsplit=1)
        return bool(words) and _plain_first_word(words[0]) == self.first_word.lower()


def _n_words(text: str) -> int:
    """Return the number of words as NLTK counts since 3.10: a vowel sign is part of its word, and `½` is no word."""
    kinds = {character: category(character) for character in set(text) if not character.isascii()}
    as_plain = {ord(character): _JOINS[kind] for character, kind in kinds.items() if kind in _JOINS} | _JOINERS
    return sum(1 for _ in _WORD.finditer(text.translate(as_plain)))


def _plain_first_word(word: str) -> str:
    """Return the word without quotes before it and what a mark after it begins, lower-cased letter by letter."""
    start = word.lstrip("'").lstrip('"')
    return "".join(letter.lower() for letter in _END_OF_FIRST_WORD.split(start, maxsplit=1)[0])
