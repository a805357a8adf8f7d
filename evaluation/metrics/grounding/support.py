"""Which passage does a sentence rest on, by its words, and what speaks against it?

relevance = .4·W + .3·P + .3·N, each a share of the sentence's words, weighted by rarity: W held by two neighbouring
sentences of the passage, P by the passage, N neighbours in the sentence that stand in one sentence of the passage.
Halved where a number is not in the passage or where one of the two denies what the other says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evaluation.metrics.grounding.passages import Passages, closest_sentences
from evaluation.metrics.grounding.reading import Reading

THRESHOLD = 0.6
"""From here on a sentence counts as supported. Halved relevances stay below it."""
NUMBER_IS_MISSING = "number not in the passage"
DENIED = "one denies what the other says"
_NAME_WEIGHT = 1.5
_MOST_CLOSE = 60


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
        relevance = _relevance(sentence, weights, passages, passage_index, here)
        yield support_by(sentence, passages, here[0], likeness=relevance)


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
    neighbours = [pair for pair in pairwise(sentence.stems) if pair[0] != pair[1]]
    if not neighbours:
        return min(1.0, (4 * in_window + 3 * in_passage) / 7)
    together = _together(neighbours, weights, passages, passage_index)
    return min(1.0, 0.4 * in_window + 0.3 * in_passage + 0.3 * together)


def _in_window(weights: Mapping[str, float], passages: Passages, index: int) -> float:
    """The larger weight that the sentence holds with the one before it, or with the one after it."""
    here = passages.sentences[index].stems
    beside = [passages.sentences[other].stems for other in _beside(passages, index)] or [frozenset()]
    return max(sum(weight for stem, weight in weights.items() if stem in here or stem in other) for other in beside)


def _beside(passages: Passages, index: int) -> Iterator[int]:
    for other in (index - 1, index + 1):
        is_there = 0 <= other < len(passages.sentences)
        if is_there and passages.sentences[other].passage_index == passages.sentences[index].passage_index:
            yield other


def _together(
    neighbours: Sequence[tuple[str, str]], weights: Mapping[str, float], passages: Passages, passage_index: int
) -> float:
    nowhere: frozenset[int] = frozenset()
    total = found = 0.0
    for first, second in neighbours:
        weight = weights[first] + weights[second]
        both = passages.holding.get(first, nowhere) & passages.holding.get(second, nowhere)
        total += weight
        found += weight if any(passages.sentences[index].passage_index == passage_index for index in both) else 0.0
    return found / total


def _doubt(sentence: Reading, passages: Passages, index: int) -> str | None:
    closest = passages.sentences[index]
    for number in sorted(sentence.numbers):
        if closest.passage_index not in passages.passages_holding.get(number, ()):
            return f"{NUMBER_IS_MISSING}: {number}"
    beside = [passages.sentences[other].reading for other in _beside(passages, index)]
    return DENIED if _contradicts(sentence, closest.reading, beside) else None


def _contradicts(sentence: Reading, closest: Reading, beside: Sequence[Reading]) -> bool:
    """True where a word is denied in one and said in the other, or a denial has nothing to rest on nearby."""
    if (sentence.denied - closest.denied) & frozenset(closest.stems):
        return True
    if (closest.denied - sentence.denied) & frozenset(sentence.stems):
        return True
    return sentence.denies and not closest.denies and not any(reading.denies for reading in beside)
