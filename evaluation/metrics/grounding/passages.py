"""The passages of a case, read once: which sentence of which passage holds which word?"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from evaluation.metrics.grounding.reading import MOST_WORDS, Reading, read
from evaluation.sentences import split_sentences

MOST_SENTENCES = 4_000
"""Of all passages together, no more are read."""


@dataclass(frozen=True, slots=True)
class PassageSentence:
    """One sentence, or one stretch of `MOST_WORDS` words of a longer one."""

    passage_index: int
    text: str
    reading: Reading
    stems: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """All passages of a case, sentence by sentence, with what is needed to find words in them."""

    sentences: tuple[PassageSentence, ...]
    holding: Mapping[str, frozenset[int]]
    """By stem: the indices of the sentences that hold it."""
    passages_holding: Mapping[str, frozenset[int]]
    """By stem: the indices of the passages that hold it."""

    def rarity(self, stem: str) -> float:
        """ln((1 + n) / (1 + df)) + 1 over the n sentences: a word that none of them holds weighs most."""
        return math.log((1 + len(self.sentences)) / (1 + len(self.holding.get(stem, ())))) + 1


@lru_cache(maxsize=8)
def indexed(passages: tuple[str, ...]) -> Passages:
    """The first `MOST_SENTENCES` sentences of `passages`, ready to be searched."""
    sentences = tuple(islice(_sentences(passages), MOST_SENTENCES))
    return Passages(
        sentences,
        _by_stem((stem, index) for index, sentence in enumerate(sentences) for stem in sentence.stems),
        _by_stem((stem, sentence.passage_index) for sentence in sentences for stem in sentence.stems),
    )


def _sentences(passages: Sequence[str]) -> Iterable[PassageSentence]:
    for passage_index, passage in enumerate(passages):
        for sentence in split_sentences(passage, limit=MOST_SENTENCES):
            for text in _stretches(sentence):
                reading = read(text)
                if reading.claims_something:
                    yield PassageSentence(passage_index, text, reading, frozenset(reading.stems))


def _stretches(sentence: str) -> Iterable[str]:
    if len(sentence) <= MOST_WORDS:
        return (sentence,)
    words = sentence.split()
    return (" ".join(words[start : start + MOST_WORDS]) for start in range(0, len(words), MOST_WORDS))


def _by_stem(pairs: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for stem, index in pairs:
        found.setdefault(stem, set()).add(index)
    return {stem: frozenset(indices) for stem, indices in found.items()}


def closest_sentences(passages: Passages, weights: Mapping[str, float], *, most: int) -> list[int]:
    """Indices of the sentences that hold most of the weighted stems, the best first, the earlier one of equals."""
    held: Counter[int] = Counter()
    for stem, weight in weights.items():
        for index in passages.holding.get(stem, ()):
            held[index] += weight  # type: ignore[assignment]
    return sorted(held, key=lambda index: (-held[index], index))[:most]
