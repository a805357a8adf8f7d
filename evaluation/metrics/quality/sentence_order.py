"""How likely is it that the sentences stand in their writer's order, and not in a random one?

A text's sentences are never compared with other texts, only with all their own permutations: each feature is the value
in the given order less its mean over all orders, which is known in closed form, over the root of the number of
sentences. Their weighted sum is the log-odds of "this order" against "a random order of these sentences".

- `first_…`, `last_…`: what the first (last) sentence is like, by the cues of `sentence_facts`; `place_…`: the same cue
  in later sentences (positive) or in earlier ones (negative)
- `next_…`, `after_next_…`: what neighbours, and sentences with one between, have in common or lead on to, by the
  measures of `sentence_pairs` (lexical cohesion, Halliday & Hasan 1976; local coherence, Barzilay & Lapata 2008,
  doi:10.1162/coli.2008.34.1.1; theme and rheme, Daneš 1974); `opening_…`: what the first has in common with all others
- `later_…`: what sentences, however far apart, say about which of them comes first: a thing comes with "a" before it
  comes with "the", a name in full before a part of it
"""

import math
from collections import Counter
from collections.abc import Sequence

from evaluation.metrics.quality.order_weights import WEIGHTS
from evaluation.metrics.quality.sentence_facts import Sentence
from evaluation.metrics.quality.sentence_pairs import Pairs, pairs_of

MOST_SENTENCES = 100
"""The pairs of so many sentences are looked at, from the beginning."""


def order_log_odds(sentences: Sequence[Sentence]) -> float:
    """Log-odds that this is the writer's order; 0 where nothing tells, as for a single sentence."""
    if len(sentences) < 2:
        return 0.0
    features = order_features(sentences)
    return math.fsum(weight * features.get(name, 0.0) for name, weight in WEIGHTS.items())


def order_features(sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return each feature less its mean over all orders of the same two or more sentences.

    Over the root of their number.
    """
    features = _cue_features(sentences)
    for name, pairs in pairs_of(sentences).items():
        features |= _pair_features(name, pairs)
    return {name: value / math.sqrt(len(sentences)) for name, value in features.items()}


def _cue_features(sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return the places go from -1/2 for the first sentence to 1/2 for the last; by chance their sum is 0."""
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
    """Return the sums over pairs of places, less what they are by chance.

    The mean pair times the number of summands.
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
