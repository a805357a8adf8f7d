"""Sentence order: log-odds that the sentences are in their writer's order and not in a random one.

A text's sentences are never compared with other texts, only with all their own permutations: each feature is the value
in the given order less its mean over all orders, which is known in closed form, over the root of the number of
sentences. Their weighted sum is the log-odds of "this order" against "a random order of these sentences".

- `first_…`, `last_…`: what the first (last) sentence is like, by the cues of `sentence_facts`; `place_…`: the same cue
  in later sentences (positive) or in earlier ones (negative)
- `next_…`, `after_next_…`: what neighbours, and sentences with one between, have in common or lead on to, by the
  measures of `sentence_pairs` (lexical cohesion, Halliday & Hasan 1976; local coherence, Barzilay & Lapata 2008,
  doi:10.1162/coli.2008.34.1.1; theme and rheme, Daneš 1974); `opening_…`: what the first has in common with all others
- `later_…`: evidence from sentences at any distance about which comes first: a thing takes "a" before it takes "the",
  and a full name precedes a part of it
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

from evaluation.metrics.quality.order_weights import WEIGHTS
from evaluation.metrics.quality.sentence_facts import Sentence

Pairs = Sequence[Sequence[float]]
"""Values for pairs of sentences, shape (n, n): [i][j] is that of i before j, 0 for i = j."""


def pairs_of(sentences: Sequence[Sentence]) -> dict[str, Pairs]:
    """Return what each pair of sentences has in common, by name: see the functions below and `_PLAIN`."""
    weight = _rarity(sentence.stems for sentence in sentences)
    size = [_size(sentence.stems, weight) for sentence in sentences]
    pairs: dict[str, Pairs] = {
        "words": [[math.sqrt(value) for value in row] for row in linked(sentences)],
        "word_beginnings": _cosines(sentences, attrgetter("short_stems")),
        "end_to_start": _shared(sentences, attrgetter("back"), attrgetter("front"), weight, size),
    }
    for name, value in _PLAIN.items():
        pairs[name] = [
            [float(value(own, other)) if i != j else 0.0 for j, other in enumerate(sentences)]
            for i, own in enumerate(sentences)
        ]
    return pairs


def linked(sentences: Sequence[Sentence]) -> Pairs:
    """Return how much each pair of sentences shares, in [0, 1], shape (n, n); stems rare in the text count more."""
    return _cosines(sentences, attrgetter("stems"))


def _cosines(sentences: Sequence[Sentence], stems: Callable[[Sentence], frozenset[str]]) -> Pairs:
    weight = _rarity(map(stems, sentences))
    return _shared(sentences, stems, stems, weight, [_size(stems(sentence), weight) for sentence in sentences])


def _rarity(groups: Iterable[frozenset[str]]) -> dict[str, float]:
    """Return the weight of each stem: the fewer sentences it occurs in, the greater."""
    kept = list(groups)
    n_holding = Counter(stem for group in kept for stem in group)
    return {stem: math.log((len(kept) + 1) / n) for stem, n in n_holding.items()}


def _size(stems: frozenset[str], weight: Mapping[str, float]) -> float:
    return math.sqrt(math.fsum(weight[stem] for stem in stems)) or 1.0


def _shared(
    sentences: Sequence[Sentence],
    of_one: Callable[[Sentence], frozenset[str]],
    of_other: Callable[[Sentence], frozenset[str]],
    weight: Mapping[str, float],
    size: Sequence[float],
) -> Pairs:
    shares = [[0.0] * len(sentences) for _ in sentences]
    others = [of_other(sentence) for sentence in sentences]
    for i, sentence in enumerate(sentences):
        own = of_one(sentence)
        for j, other in enumerate(others):
            if i != j and not own.isdisjoint(other):
                shares[i][j] = math.fsum(weight[stem] for stem in own & other) / (size[i] * size[j])
    return shares


def _small_words(sentence: Sentence, other: Sentence) -> float:
    n_shared = len(sentence.small & other.small)
    return n_shared / math.sqrt((1 + len(sentence.small)) * (1 + len(other.small)))


def _shorter(sentence: Sentence, other: Sentence) -> float:
    """Count compounds of which the other sentence has the last word alone: "window function", "the function"."""
    return sum(head in other.alone and before not in other.stems for before, head in sentence.compounds)


def _fuller_name(sentence: Sentence, other: Sentence) -> float:
    """Return the number of names that one has with more words than the other: "Anna Berg", "Berg"."""
    return sum(sentence.names.get(word, 0) > max(1, length) for word, length in other.names.items())


def _same(who: str) -> Callable[[Sentence, Sentence], bool]:
    return lambda this, other: (who in this.speakers) == (who in other.speakers)


def _before(number: Callable[[Sentence], int | None]) -> Callable[[Sentence, Sentence], bool]:
    def comes_before(sentence: Sentence, other: Sentence) -> bool:
        mine, its = number(sentence), number(other)
        return mine is not None and its is not None and mine < its

    return comes_before


_PLAIN: Mapping[str, Callable[[Sentence, Sentence], float]] = {
    "small_words": _small_words,
    "same_two_words": lambda this, other: len(this.start) == 2 and this.start == other.start,
    "definite_known": lambda this, other: len(this.stems & other.pointed_at),
    "introduced": lambda this, other: len(this.introduced & other.pointed_at),
    "shown_known": lambda this, other: len(this.stems & other.shown),
    "shorter": _shorter,
    "fuller_name": _fuller_name,
    "same_names": lambda this, other: not this.named.isdisjoint(other.named),
    "abbreviation": lambda this, other: len(this.abbreviations & other.names.keys()),
    "same_person": lambda this, other: "he" in this.speakers and "he" in other.speakers,
    "name_to_pronoun": lambda this, other: bool(this.named) and "he" not in this.speakers and "he" in other.speakers,
    "same_we": _same("we"),
    "same_i": _same("i"),
    "same_tense": lambda this, other: -abs(this.past - other.past),
    "quotes": lambda this, other: this.quotes and other.quotes,
    "quote_goes_on": lambda this, other: (
        this.quote_open and this.opens_quote and other.quote_open and not other.opens_quote
    ),
    "years": _before(attrgetter("year")),
    "ordinals": _before(attrgetter("ordinal")),
}
MOST_SENTENCES = 100
"""Sentences from the beginning whose pairs are examined, at most."""


def order_log_odds(sentences: Sequence[Sentence]) -> float:
    """Return the log-odds that this is the writer's order; 0 without evidence, as for a single sentence."""
    if len(sentences) < 2:
        return 0.0
    features = order_features(sentences)
    return math.fsum(weight * features.get(name, 0.0) for name, weight in WEIGHTS.items())


def order_features(sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return each feature less its mean over all orders of the same sentences, of which there are at least two.

    Divided by the square root of their number.
    """
    features = _cue_features(sentences)
    for name, pairs in pairs_of(sentences).items():
        features |= _pair_features(name, pairs)
    return {name: value / math.sqrt(len(sentences)) for name, value in features.items()}


def _cue_features(sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return each cue's value in the first and last sentence, less its mean, and its sum weighted by place.

    Places go from -1/2 for the first sentence to 1/2 for the last, so that the expected sum of a random order is 0.
    """
    n = len(sentences)
    cues = [{**sentence.cues, "own_words": own} for sentence, own in zip(sentences, _own_words(sentences), strict=True)]
    features: dict[str, float] = {}
    for name in sorted({name for each in cues for name in each}):
        values = [each.get(name, 0.0) for each in cues]
        mean = math.fsum(values) / n
        features[f"first_{name}"] = values[0] - mean
        features[f"last_{name}"] = values[-1] - mean
        features[f"place_{name}"] = math.fsum(value * (i / (n - 1) - 0.5) for i, value in enumerate(values))
    return features


def _own_words(sentences: Sequence[Sentence]) -> list[float]:
    """Return the share of a sentence's stems that no other sentence has."""
    n_holding = Counter(stem for sentence in sentences for stem in sentence.stems)
    return [sum(n_holding[stem] == 1 for stem in each.stems) / max(1, len(each.stems)) for each in sentences]


def _pair_features(name: str, pairs: Pairs) -> dict[str, float]:
    """Return the sums over pairs of places, less their expectation for a random order.

    That expectation is the mean pair times the number of summands.
    """
    n = len(pairs)
    mean = math.fsum(map(math.fsum, pairs)) / (n * (n - 1))
    following = math.fsum(pairs[i][i + 1] for i in range(n - 1))
    one_between = math.fsum(pairs[i][i + 2] for i in range(n - 2))
    later = math.fsum(math.fsum(row[i + 1 :]) for i, row in enumerate(pairs))
    return {
        f"next_{name}": following - mean * (n - 1),
        f"after_next_{name}": one_between - mean * (n - 2),
        f"opening_{name}": math.fsum(pairs[0]) / (n - 1) - mean,
        f"later_{name}": (later - mean * n * (n - 1) / 2) / n,
    }
