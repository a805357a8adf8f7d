"""Basic text processing shared by the baselines: sentences, words, stems and TF-IDF vectors."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\sa-z])|\n{2,}")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e)|\b[A-Z])\.$")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ENDINGS = "ingly edly ation ness ment ions ings ies ing ion ive ed es ly s"
_SUFFIXES = tuple(_ENDINGS.split())

_SMALL_WORDS = """
a about after all also an and any are as at be because been before being but by can could did do does each for
from had has have he her his how if in into is it its may more most no nor not of on only or other our out over
she should so some such than that the their them then there these they this those to up was we were what when
where which while who whom whose why will with would you your
"""
STOP_WORDS = frozenset(_SMALL_WORDS.split())
"""Words that say little about the topic of a text."""


def sentences(text: str) -> list[str]:
    """Return the sentences of `text` in order, without blank ones; an initial or a title does not end a sentence."""
    merged: list[str] = []
    for piece in _SENTENCE_END.split(text):
        piece = " ".join(piece.split())
        if merged and _ABBREVIATION.search(merged[-1]):
            merged[-1] = f"{merged[-1]} {piece}".strip()
        elif piece:
            merged.append(piece)
    return merged


def words(text: str) -> list[str]:
    """Return the words of `text` in lower case, without punctuation."""
    return [word.lower() for word in _WORD.findall(text)]


def stem(word: str) -> str:
    """Return `word` without its ending, so that `sports`, `sporting` and `sport` have one stem.

    At least three letters remain.
    """
    word = word.lower()
    shorter = next((word.removesuffix(end) for end in _SUFFIXES if word.endswith(end) and len(word) - len(end) > 2), "")
    if shorter:
        return stem(shorter)
    return word.removesuffix("e") if len(word) > 4 else word


def content_stems(text: str) -> list[str]:
    """Return the stems of the content words; of all words where there are none."""
    every = words(text)
    return [stem(word) for word in every if word not in STOP_WORDS] or [stem(word) for word in every]


def tfidf(texts: Sequence[str]) -> list[dict[str, float]]:
    """Return a TF-IDF vector of each text over their content stems, of length 1 (all zero for a text without words).

    Weights are tf · (ln((1 + n) / (1 + df)) + 1), as scikit-learn's `TfidfVectorizer` has them.
    """
    counts = [Counter(content_stems(text)) for text in texts]
    document_frequency = Counter(term for count in counts for term in count)
    idf = {term: math.log((1 + len(texts)) / (1 + df)) + 1 for term, df in document_frequency.items()}
    return [_unit({term: tf * idf[term] for term, tf in count.items()}) for count in counts]


def character_trigrams(text: str) -> dict[str, float]:
    """Return the counts of each word's character trigrams, blanks at its ends included, as a vector of length 1."""
    padded = [f" {word} " for word in words(text)]
    return _unit(Counter(word[i : i + 3] for word in padded for i in range(len(word) - 2)))


def cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return the cosine of two vectors of length 1, in [0, 1]; 0 where one is all zero."""
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    return sum(weight * large.get(term, 0.0) for term, weight in small.items())


def _unit(vector: Mapping[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {term: weight / length for term, weight in vector.items()} if length else {}
