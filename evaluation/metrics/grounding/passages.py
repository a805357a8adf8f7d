"""An index of the passages of a case: which sentence of which passage contains which word."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from evaluation.metrics.grounding.reading import MOST_WORDS, Reading, read
from evaluation.metrics.sentence_splitting import split_sentences

Key = TypeVar("Key")

MOST_STEMS = 50_000
"""Word stems read of all passages together, at most."""
_NEAR = 3
_EXACT_WEIGHT = 1.5
_MOST_CAPITALS = 0.25
_TOO_FEW_WORDS = 20
"""Number of words below which the language is not judged."""


@dataclass(frozen=True, slots=True)
class PassageSentence:
    """One sentence, or one part of `MOST_WORDS` words of a longer one."""

    passage_index: int
    text: str
    reading: Reading
    stems: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """All passages of a case by sentence, with indices for finding words."""

    sentences: tuple[PassageSentence, ...]
    holding: Mapping[str, frozenset[int]]
    """Indices of the sentences that contain a stem, by stem."""
    passages_holding: Mapping[str, frozenset[int]]
    """Indices of the passages that contain a stem, by stem."""
    near: Mapping[tuple[str, str], frozenset[int]]
    """Indices of the passages in which two stems are near each other, by the two stems in alphabetical order."""
    beginnings: Mapping[str, frozenset[int]]
    """Indices of the passages that contain a stem with these first letters, by the letters."""
    capitals_are_names: bool
    """False if so many words are capitalised that the language must require it, as German does for every noun."""

    def rarity(self, stem: str) -> float:
        """Return ln((1 + n) / (1 + df)) + 1 over the n sentences: a word that none of them holds weighs most."""
        return math.log((1 + len(self.sentences)) / (1 + len(self.holding.get(stem, ())))) + 1

    def weights(self, sentence: Reading) -> dict[str, float]:
        """Return the rarity of each of the sentence's words, half as much again for names and numbers."""
        exact = sentence.names | sentence.numbers
        return {stem: self.rarity(stem) * (_EXACT_WEIGHT if stem in exact else 1.0) for stem in sentence.stems}

    def beside(self, index: int) -> Iterator[int]:
        """Yield the indices of the sentences before and after the one at `index`, within the same passage."""
        for other in (index - 1, index + 1):
            is_there = 0 <= other < len(self.sentences)
            if is_there and self.sentences[other].passage_index == self.sentences[index].passage_index:
                yield other


@lru_cache(maxsize=4)
def indexed(passages: tuple[str, ...]) -> Passages:
    """Index the first sentences of `passages`, up to `MOST_STEMS` content words, for search."""
    sentences = tuple(_first(_sentences(passages)))
    return Passages(
        sentences,
        _grouped((stem, index) for index, sentence in enumerate(sentences) for stem in sentence.stems),
        _grouped((stem, sentence.passage_index) for sentence in sentences for stem in sentence.stems),
        _grouped(
            (pair, sentence.passage_index) for sentence in sentences for pair in near_pairs(sentence.reading.stems)
        ),
        _grouped((beginning(stem), sentence.passage_index) for sentence in sentences for stem in sentence.stems),
        _capitals_are_names([sentence.reading for sentence in sentences]),
    )


def beginning(stem: str) -> str:
    """Return the common beginning of two forms of one name: `Norway` and `Norwegian`."""
    return stem[:4]


def _capitals_are_names(readings: Sequence[Reading]) -> bool:
    n_words = sum(reading.n_words for reading in readings)
    n_capitals = sum(reading.n_capitals for reading in readings)
    return n_words < _TOO_FEW_WORDS or n_capitals <= _MOST_CAPITALS * n_words


def _first(sentences: Iterable[PassageSentence]) -> Iterable[PassageSentence]:
    n_stems = 0
    for sentence in sentences:
        n_stems += len(sentence.reading.stems)
        if n_stems > MOST_STEMS:
            return
        yield sentence


def near_pairs(stems: Sequence[str], *, at_most: int = _NEAR) -> Iterator[tuple[str, str]]:
    """Yield every pair of different stems within that distance, each pair in alphabetical order."""
    for index, first in enumerate(stems):
        for second in stems[index + 1 : index + 1 + at_most]:
            if first != second:
                yield (first, second) if first < second else (second, first)


def _sentences(passages: Sequence[str]) -> Iterable[PassageSentence]:
    for passage_index, passage in enumerate(passages):
        for sentence in split_sentences(passage):
            for text in _stretches(sentence):
                reading = read(text)
                if reading.claims_something:
                    yield PassageSentence(passage_index, text, reading, frozenset(reading.stems))


def _stretches(sentence: str) -> Iterable[str]:
    if len(sentence) <= MOST_WORDS:
        return (sentence,)
    words = sentence.split()
    return (" ".join(words[start : start + MOST_WORDS]) for start in range(0, len(words), MOST_WORDS))


def _grouped(pairs: Iterable[tuple[Key, int]]) -> dict[Key, frozenset[int]]:
    groups: dict[Key, set[int]] = {}
    for key, index in pairs:
        groups.setdefault(key, set()).add(index)
    return {key: frozenset(indices) for key, indices in groups.items()}


def closest_sentences(passages: Passages, weights: Mapping[str, float], *, most: int) -> list[int]:
    """Return the indices of the sentences that hold most of the weighted stems, best first.

    Of equal ones, the earlier first.
    """
    held: Counter[int] = Counter()
    for stem, weight in weights.items():
        for index in passages.holding.get(stem, ()):
            held[index] += weight  # type: ignore[assignment]
    return sorted(held, key=lambda index: (-held[index], index))[:most]


def weight_held(weights: Mapping[str, float], stems: frozenset[str]) -> float:
    """Return the total weight of the words that are among `stems`."""
    return sum(weight for stem, weight in weights.items() if stem in stems)
