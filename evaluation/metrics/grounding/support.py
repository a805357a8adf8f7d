"""Which passage does a sentence rest on, by its words, and what speaks against it?

relevance = .3·W + .5·P + .2·N, each a share of the sentence's words, weighted by rarity: W held by two neighbouring
sentences of the passage, P by the passage, N neighbours in the sentence that stand near one another in the passage,
where those of names and numbers count three times. Halved where a number or a name is not in the passage, or where the
passage's closest sentence, if it holds half of the words, denies what this one says or the other way about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation.metrics.grounding.passages import Passages, beginning, closest_sentences, near_pairs
from evaluation.metrics.grounding.reading import Reading

THRESHOLD = 0.4
"""From here on a sentence counts as supported, where nothing speaks against it."""
NUMBER_IS_MISSING = "number not in the passage"
NAME_IS_MISSING = "name not in the passage"
DENIED = "one denies what the other says"
_NAME_WEIGHT = 1.5
_EXACT_NEIGHBOURS = 3.0
_MOST_CLOSE = 60
_MOST_EQUALS = 10
_ROUNDING = 1e-9
_SAYS_THE_SAME = 0.5
"""Share of a sentence's words that another must hold before a denial in one of them speaks against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What one passage gives to one sentence."""

    passage_index: int
    sentence_index: int
    """Of the sentence that is closest, among the sentences of all passages."""
    relevance: float
    doubt: str | None = None
    """What speaks against it, in words."""

    def holds(self, threshold: float) -> bool:
        """True where it is enough, and nothing speaks against it."""
        return self.doubt is None and self.relevance >= threshold


def supports(sentence: Reading, passages: Passages) -> Iterator[Support]:
    """What each passage gives that holds a word of `sentence`, in the order of the passages."""
    weights = _weights(sentence, passages)
    close = closest_sentences(passages, weights, most=_MOST_CLOSE)
    for passage_index in sorted({passages.sentences[index].passage_index for index in close}):
        here = [index for index in close if passages.sentences[index].passage_index == passage_index]
        likeness = _relevance(sentence, weights, passages, passage_index, here)
        found = [support_by(sentence, passages, index, likeness=likeness) for index in _equals(weights, passages, here)]
        yield next((support for support in found if support.doubt is None), found[0])


def _equals(weights: Mapping[str, float], passages: Passages, close: Sequence[int]) -> list[int]:
    """The first of those sentences that hold as much as the closest does."""
    held = [_held(weights, passages.sentences[index].stems) for index in close[:_MOST_EQUALS]]
    return [index for index, weight in zip(close, held, strict=False) if weight >= held[0] - _ROUNDING]


def _held(weights: Mapping[str, float], stems: frozenset[str]) -> float:
    return sum(weight for stem, weight in weights.items() if stem in stems)


def support_by(sentence: Reading, passages: Passages, index: int, *, likeness: float) -> Support:
    """What the passage of its closest sentence, that at `index`, gives; halved where something speaks against it."""
    doubt = _doubt(sentence, passages, index)
    return Support(
        passage_index=passages.sentences[index].passage_index,
        sentence_index=index,
        relevance=likeness / 2 if doubt else likeness,
        doubt=doubt,
    )


def _weights(sentence: Reading, passages: Passages) -> dict[str, float]:
    heavier = sentence.names | sentence.numbers
    return {stem: passages.rarity(stem) * (_NAME_WEIGHT if stem in heavier else 1.0) for stem in sentence.stems}


def _relevance(
    sentence: Reading, weights: Mapping[str, float], passages: Passages, passage_index: int, close: Sequence[int]
) -> float:
    total = sum(weights.values())
    held = {stem for stem in weights if passage_index in passages.passages_holding.get(stem, ())}
    in_passage = sum(weights[stem] for stem in held) / total
    in_window = max(_in_window(weights, passages, index) for index in close) / total
    together = _together(sentence, weights, passages, passage_index)
    if together is None:
        return min(1.0, (3 * in_window + 5 * in_passage) / 8)
    return min(1.0, 0.3 * in_window + 0.5 * in_passage + 0.2 * together)


def _in_window(weights: Mapping[str, float], passages: Passages, index: int) -> float:
    """The larger weight that the sentence holds with the one before it, or with the one after it."""
    here = passages.sentences[index].stems
    beside = [passages.sentences[other].stems for other in _beside(passages, index)] or [frozenset()]
    return max(_held(weights, here | other) for other in beside)


def _beside(passages: Passages, index: int) -> Iterator[int]:
    for other in (index - 1, index + 1):
        is_there = 0 <= other < len(passages.sentences)
        if is_there and passages.sentences[other].passage_index == passages.sentences[index].passage_index:
            yield other


def _together(sentence: Reading, weights: Mapping[str, float], passages: Passages, passage_index: int) -> float | None:
    """The share of neighbours in `sentence` that stand near one another in the passage; None where it has none."""
    total = found = 0.0
    exact = sentence.names | sentence.numbers
    for pair in near_pairs(sentence.stems, at_most=1):
        weight = (weights[pair[0]] + weights[pair[1]]) * (_EXACT_NEIGHBOURS if exact.intersection(pair) else 1.0)
        total += weight
        found += weight if passage_index in passages.near.get(pair, ()) else 0.0
    return found / total if total else None


def _doubt(sentence: Reading, passages: Passages, index: int) -> str | None:
    closest = passages.sentences[index]
    for number in sorted(sentence.numbers):
        if closest.passage_index not in passages.passages_holding.get(number, ()):
            return f"{NUMBER_IS_MISSING}: {number}"
    for name in sorted(sentence.names if passages.capitals_are_names else ()):
        if closest.passage_index not in passages.beginnings.get(beginning(name), ()):
            return f"{NAME_IS_MISSING}: {name}"
    beside = [passages.sentences[other].reading for other in _beside(passages, index)]
    weights = _weights(sentence, passages)
    if _held(weights, closest.stems) < _SAYS_THE_SAME * sum(weights.values()):
        return None
    return DENIED if _contradicts(sentence, closest.reading, beside) else None


def _contradicts(sentence: Reading, closest: Reading, beside: Sequence[Reading]) -> bool:
    """True where a word is denied in one and said in the other, or a denial has nothing to rest on nearby."""
    if (sentence.denied - closest.denied) & frozenset(closest.stems):
        return True
    if (closest.denied - sentence.denied) & frozenset(sentence.stems):
        return True
    return sentence.denies and not closest.denies and not any(reading.denies for reading in beside)
