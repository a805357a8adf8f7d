"""How many words do the answer and the closest reference share?

F1 = 2·shared / (words of the answer + words of the reference), words counted as often as they occur.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Answers, Metric, Need
from evaluation.metrics.normalization import squad_words
from evaluation.score import Measurement


@dataclass(frozen=True, kw_only=True)
class TokenF1(Metric):
    """Word overlap with the closest reference, in [0, 1] (Rajpurkar et al. 2016, arXiv:1606.05250).

    SQuAD's official rule: a multiset of lower-case words without ASCII punctuation and English articles, the best
    over the references. Where that leaves no word of an answer and a reference, they must be equal as written.
    """

    name: ClassVar[str] = "token_f1"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    formula: ClassVar[str] = (
        "max over references of 2·shared / (words of the answer + words of the reference), words as a multiset"
    )
    source: ClassVar[str] = "Rajpurkar et al. 2016, arXiv:1606.05250; SQuAD's evaluation script"
    blind_spots: ClassVar[str] = (
        "Order and meaning are not seen: a 'not' costs one word of many. Scripts without blanks between words are one"
        " word a line."
    )

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement:
        (generation,) = generations
        return Measurement(value=max((_f1(generation.answer, reference) for reference in case.references), default=0.0))


def _f1(answer: str, reference: str) -> float:
    words, wanted = squad_words(answer), squad_words(reference)
    if not words and not wanted:
        return float(answer.strip().lower() == reference.strip().lower())
    shared = sum((Counter(words) & Counter(wanted)).values())
    return 2 * shared / (len(words) + len(wanted))
