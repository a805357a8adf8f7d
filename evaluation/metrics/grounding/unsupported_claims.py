"""What speaks against resting a sentence on a passage that holds its words?

A number or a name that the passage lacks, or that it says of something else; a denial in one of the two alone.
"""

from collections.abc import Sequence

from evaluation.metrics.grounding.passages import Passages, beginning, weight_held
from evaluation.metrics.grounding.reading import Reading

NUMBER_IS_MISSING = "number not in the passage"
NAME_IS_MISSING = "name not in the passage"
NUMBER_IS_ELSEWHERE = "number of something else in the passage"
NAME_IS_ELSEWHERE = "name of something else in the passage"
DENIED = "one denies what the other says"

_SAYS_THE_REST = 0.6
"""Share of a sentence's other words that the closest one must hold before its number and name must be there too."""
_SAYS_THE_SAME = 0.5
"""Share of a sentence's words that the closest one must hold before a denial in one of them speaks against it."""


def contradiction(sentence: Reading, passages: Passages, index: int) -> str | None:
    """Return what speaks against resting `sentence` on the passage of its closest sentence, that at `index`.

    None: nothing.
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
    """Return a number that is not in the sentence which says all else, or a name that is not in it or next to it."""
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
    """Return True where a word is denied in one and said in the other, or a denial has nothing to rest on nearby."""
    if (sentence.denied - closest.denied) & frozenset(closest.stems):
        return True
    if (closest.denied - sentence.denied) & frozenset(sentence.stems):
        return True
    return sentence.denies and not closest.denies and not any(reading.denies for reading in beside)
