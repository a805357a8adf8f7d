"""How likely is it that the sentences stand in their writer's order, and not in a random one?

A text's sentences are never compared with other texts, only with all their own permutations: each feature is the value
in the given order less its mean over all orders, which is known in closed form. Their weighted sum is the log-odds of
"this order" against "a random order of these sentences".

- neighbours share rare words: `cosine` (lexical cohesion, Halliday & Hasan 1976; local coherence, Barzilay & Lapata
  2008, doi:10.1162/coli.2008.34.1.1), and begin alike: `same_start`
- the first sentence is short, shares words with the others, and holds nothing that points back: `first_…`
- `place_…`: words of a class stand in later sentences (positive) or earlier ones (negative)
- `introduced`: a thing comes with "a" before it comes with "the", "this", "its"

The weights are a logistic regression on originals against shuffles. It saw docstrings, manuals and word problems, none
of the texts on which `tests/benchmarks/quality_corruptions.py` reports.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.metrics.quality.reading import words
from evaluation.metrics.quality.word_classes import CUE_CLASSES, INTRODUCING, POINTING_BACK, SMALL_WORDS

MOST_SENTENCES = 100
"""The pairs of so many sentences are looked at, from the beginning."""
_MOST_WORDS = 200
"""Of one sentence."""
_STEM = 5
"""Words that begin with the same so many letters are taken for forms of one."""
_EARLY = 6
"""A class is looked for among so many first words of a sentence."""

WEIGHTS: Mapping[str, float] = {
    "cosine": 2.5,
    "same_start": 0.32,
    "introduced": 0.11,
    "first_link": 5.31,
    "first_length": -0.53,
    "first_starts_content": 1.71,
    "first_starts_indefinite": 1.08,
    "first_starts_definite": 0.38,
    "first_starts_anaphoric": -0.81,
    "first_starts_contrast": -0.93,
    "first_indefinite": 0.23,
    "first_anaphoric": -0.44,
    "first_also": -0.87,
    "first_example": -0.86,
    "first_negative": -0.85,
    "first_modal": -0.55,
    "first_be": -0.35,
    "place_starts_anaphoric": -1.3,
    "place_starts_indefinite": -0.84,
    "place_starts_definite": -0.5,
    "place_starts_pointing": 0.93,
    "place_starts_condition": 0.44,
    "place_indefinite": -0.45,
    "place_also": 0.98,
    "place_pointing": 1.0,
    "place_relating": 0.5,
    "place_modal": 0.39,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What the order of sentences is judged by."""

    first: str
    n_words: int
    stems: frozenset[str]
    """Of words that are not small."""
    introduced: frozenset[str]
    """Stems that follow "a", "some", "three", …"""
    pointed_at: frozenset[str]
    """Stems that follow "the", "this", "its", …"""
    cues: frozenset[str]


def sentence_of(text: str) -> Sentence:
    """What is known of one sentence by itself."""
    lower = [word.lower() for word in words(text)[:_MOST_WORDS]]
    return Sentence(
        first=lower[0] if lower else "",
        n_words=max(1, len(lower)),
        stems=frozenset(word[:_STEM] for word in lower if word not in SMALL_WORDS),
        introduced=_after(lower, INTRODUCING),
        pointed_at=_after(lower, POINTING_BACK),
        cues=_cues(lower),
    )


def order_log_odds(sentences: Sequence[Sentence]) -> float:
    """Log-odds that this is the writer's order; 0 where nothing tells, as for a single sentence."""
    if len(sentences) < 2:
        return 0.0
    return sum(WEIGHTS.get(name, 0.0) * value for name, value in order_features(sentences).items())


def order_features(sentences: Sequence[Sentence]) -> dict[str, float]:
    """Each feature less its mean over all orders of the same two or more sentences."""
    links = linked(sentences)
    features = _neighbour_features(sentences, links)
    features |= _first_features(sentences, links)
    for name, value in _place_features(sentences).items():
        features[name] = value
    features["introduced"] = _introduced_first(sentences)
    return features


def linked(sentences: Sequence[Sentence]) -> list[list[float]]:
    """How much each two sentences share, in [0, 1], shape (n, n): rare stems of the text count more."""
    n_holding = Counter(stem for sentence in sentences for stem in sentence.stems)
    weight = {stem: math.log((len(sentences) + 1) / n) for stem, n in n_holding.items()}
    size = [math.sqrt(sum(weight[stem] for stem in sorted(sentence.stems))) for sentence in sentences]
    links = [[0.0] * len(sentences) for _ in sentences]
    for i, one in enumerate(sentences):
        for j in range(i):
            shared = one.stems & sentences[j].stems
            if shared:
                links[i][j] = links[j][i] = sum(weight[stem] for stem in sorted(shared)) / (size[i] * size[j])
    return links


def _after(lower: Sequence[str], openers: frozenset[str]) -> frozenset[str]:
    """Stems of up to three words that are not small right after an opener."""
    found: set[str] = set()
    for i, word in enumerate(lower):
        if word in openers:
            for follower in lower[i + 1 : i + 4]:
                if follower in SMALL_WORDS:
                    break
                found.add(follower[:_STEM])
    return frozenset(found)


def _cues(lower: Sequence[str]) -> frozenset[str]:
    if not lower:
        return frozenset()
    start = CUE_CLASSES.get(lower[0], "other" if lower[0] in SMALL_WORDS else "content")
    return frozenset({f"starts_{start}"} | {CUE_CLASSES[word] for word in lower[1:_EARLY] if word in CUE_CLASSES})


def _neighbour_features(sentences: Sequence[Sentence], links: Sequence[Sequence[float]]) -> dict[str, float]:
    n = len(sentences)
    given = sum(links[i - 1][i] for i in range(1, n))
    by_chance = sum(map(sum, links)) / n
    starts = Counter(sentence.first for sentence in sentences)
    same = sum(sentences[i - 1].first == sentences[i].first for i in range(1, n))
    same_by_chance = sum(count * (count - 1) for count in starts.values()) / n
    return {"cosine": given - by_chance, "same_start": same - same_by_chance}


def _first_features(sentences: Sequence[Sentence], links: Sequence[Sequence[float]]) -> dict[str, float]:
    n = len(sentences)
    share = Counter(cue for sentence in sentences for cue in sentence.cues)
    features = {f"first_{cue}": (cue in sentences[0].cues) - count / n for cue, count in share.items()}
    features["first_link"] = (sum(links[0]) - sum(map(sum, links)) / n) / (n - 1)
    log_words = [math.log(sentence.n_words) for sentence in sentences]
    features["first_length"] = log_words[0] - sum(log_words) / n
    return features


def _place_features(sentences: Sequence[Sentence]) -> dict[str, float]:
    """Sum of the places, from -1/2 for the first sentence to 1/2 for the last, of those with a cue; by chance 0."""
    features: Counter[str] = Counter()
    for i, sentence in enumerate(sentences):
        for cue in sentence.cues:
            features[f"place_{cue}"] += i / (len(sentences) - 1) - 0.5  # type: ignore[assignment]
    return dict(features)


def _introduced_first(sentences: Sequence[Sentence]) -> float:
    """Things that come indefinite first and definite later, less those the other way round; by chance 0."""
    balance = 0
    for i, earlier in enumerate(sentences):
        for later in sentences[i + 1 :]:
            balance += len(earlier.introduced & later.pointed_at) - len(earlier.pointed_at & later.introduced)
    return float(balance)
