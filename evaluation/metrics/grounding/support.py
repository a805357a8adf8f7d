"""The passage that supports a sentence, by its words, and evidence against it.

relevance = .3·W + .5·P + .2·N, each a share of the sentence's words, weighted by rarity: W held by two neighbouring
sentences of the passage, P by the passage, N neighbours in the sentence that stand near one another in the passage,
where those of names and numbers count three times. Halved where something speaks against it, as `doubts` has it.

A number or a name that the passage lacks, or that it says of something else; a denial in one of the two alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation.metrics.grounding.passages import Passages, beginning, closest_sentences, near_pairs, weight_held
from evaluation.metrics.grounding.reading import Reading

NUMBER_IS_MISSING = "number not in the passage"
NAME_IS_MISSING = "name not in the passage"
NUMBER_IS_ELSEWHERE = "number of something else in the passage"
NAME_IS_ELSEWHERE = "name of something else in the passage"
DENIED = "one denies what the other says"
_SAYS_THE_REST = 0.6
"""Share of a sentence's other words that the closest one must contain before its number and name are required too."""
_SAYS_THE_SAME = 0.5
"""Share of a sentence's words that the closest one must contain before a denial in one of them counts against it."""


def contradiction(sentence: Reading, passages: Passages, index: int) -> str | None:
    """Return what contradicts attributing `sentence` to the passage of its closest sentence, the one at `index`.

    None where nothing does.
    """
    passage_index = passages.sentences[index].passage_index
    return (
        _missing(sentence, passages, passage_index)
        or _elsewhere(sentence, passages, index)
        or _denied(sentence, passages, index)
    )


def _missing(sentence: Reading, passages: Passages, passage_index: int) -> str | None:
    for number in sorted(sentence.numbers):
        if passage_index not in passages.passages_holding.get(number, ()):
            return f"{NUMBER_IS_MISSING}: {number}"
    for name in _names(sentence, passages):
        if passage_index not in passages.beginnings.get(beginning(name), ()):
            return f"{NAME_IS_MISSING}: {name}"
    return None


def _elsewhere(sentence: Reading, passages: Passages, index: int) -> str | None:
    """Return a number missing from the sentence that says all else, or a name missing from it and its neighbours."""
    here = passages.sentences[index].stems
    exact = sentence.numbers | sentence.names
    rest = {stem: weight for stem, weight in passages.weights(sentence).items() if stem not in exact}
    if not rest or weight_held(rest, here) < _SAYS_THE_REST * sum(rest.values()):
        return None
    for number in sorted(sentence.numbers - here):
        return f"{NUMBER_IS_ELSEWHERE}: {number}"
    around = here.union(*(passages.sentences[other].stems for other in passages.beside(index)))
    beginnings = {beginning(stem) for stem in around}
    for name in _names(sentence, passages):
        if beginning(name) not in beginnings:
            return f"{NAME_IS_ELSEWHERE}: {name}"
    return None


def _names(sentence: Reading, passages: Passages) -> list[str]:
    return sorted(sentence.names) if passages.capitals_are_names else []


def _denied(sentence: Reading, passages: Passages, index: int) -> str | None:
    closest, weights = passages.sentences[index], passages.weights(sentence)
    if weight_held(weights, closest.stems) < _SAYS_THE_SAME * sum(weights.values()):
        return None
    beside = [passages.sentences[other].reading for other in passages.beside(index)]
    return DENIED if _contradicts(sentence, closest.reading, beside) else None


def _contradicts(sentence: Reading, closest: Reading, beside: Sequence[Reading]) -> bool:
    """Check whether a word is denied in one and asserted in the other, or a denial has no counterpart nearby."""
    if (sentence.denied - closest.denied) & frozenset(closest.stems):
        return True
    if (closest.denied - sentence.denied) & frozenset(sentence.stems):
        return True
    return sentence.denies and not closest.denies and not any(reading.denies for reading in beside)


THRESHOLD = 0.4
"""Relevance from which a sentence counts as supported unless it is contradicted."""
_EXACT_NEIGHBOURS = 3.0
_MOST_CLOSE = 60
_MOST_EQUALS = 10
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Support of one sentence by one passage."""

    passage_index: int
    sentence_index: int
    """Index of the closest sentence among the sentences of all passages."""
    relevance: float
    doubt: str | None = None
    """Contradicting evidence in words."""

    def holds(self, threshold: float) -> bool:
        """Check whether the support is strong enough and nothing contradicts it."""
        return self.doubt is None and self.relevance >= threshold


def supports(sentence: Reading, passages: Passages) -> Iterator[Support]:
    """Yield the support from each passage that holds a word of `sentence`, in the order of the passages."""
    weights = passages.weights(sentence)
    close = closest_sentences(passages, weights, most=_MOST_CLOSE)
    for passage_index in sorted({passages.sentences[index].passage_index for index in close}):
        here = [index for index in close if passages.sentences[index].passage_index == passage_index]
        likeness = _relevance(sentence, weights, passages, passage_index, here)
        tied = [support_by(sentence, passages, index, likeness=likeness) for index in _equals(weights, passages, here)]
        yield next((support for support in tied if support.doubt is None), tied[0])


def _equals(weights: Mapping[str, float], passages: Passages, close: Sequence[int]) -> list[int]:
    """Return those of the first close sentences that hold as much as the closest does."""
    held = [weight_held(weights, passages.sentences[index].stems) for index in close[:_MOST_EQUALS]]
    return [index for index, weight in zip(close, held, strict=False) if weight >= held[0] - _ROUNDING]


def support_by(sentence: Reading, passages: Passages, index: int, *, likeness: float) -> Support:
    """Return the support from the passage of the closest sentence, the one at `index`.

    Halved where something contradicts it.
    """
    doubt = contradiction(sentence, passages, index)
    return Support(
        passage_index=passages.sentences[index].passage_index,
        sentence_index=index,
        relevance=likeness / 2 if doubt else likeness,
        doubt=doubt,
    )


def _relevance(
    sentence: Reading, weights: Mapping[str, float], passages: Passages, passage_index: int, close: Sequence[int]
) -> float:
    total = sum(weights.values())
    held = {stem for stem in weights if passage_index in passages.passages_holding.get(stem, ())}
    in_passage = sum(weights[stem] for stem in held) / total
    together = _together(sentence, weights, passages, passage_index)
    if together is None:
        return in_passage
    in_window = max(_in_window(weights, passages, index) for index in close) / total
    return min(1.0, 0.3 * in_window + 0.5 * in_passage + 0.2 * together)


def _in_window(weights: Mapping[str, float], passages: Passages, index: int) -> float:
    """Return the weight held by the sentence with the one before it, or with the one after it, whichever is more."""
    here = passages.sentences[index].stems
    beside = [passages.sentences[other].stems for other in passages.beside(index)] or [frozenset()]
    return max(weight_held(weights, here | other) for other in beside)


def _together(sentence: Reading, weights: Mapping[str, float], passages: Passages, passage_index: int) -> float | None:
    """Return the share of neighbouring words in `sentence` that are near one another in the passage.

    None where the sentence is a single word.
    """
    total = near = 0.0
    exact = sentence.names | sentence.numbers
    for pair in near_pairs(sentence.stems, at_most=1):
        weight = (weights[pair[0]] + weights[pair[1]]) * (_EXACT_NEIGHBOURS if exact.intersection(pair) else 1.0)
        total += weight
        near += weight if passage_index in passages.near.get(pair, ()) else 0.0
    return near / total if total else None
