"""How well are all classes told apart, each class counting the same?

F1 of a class = 2·hits / (times expected + times predicted); macro-F1 is their plain mean.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.accuracy import is_right, unknown_label
from evaluation.metrics.extraction import NOT_EXTRACTED, chosen_label, plain
from evaluation.metrics.metric import Answers, CorpusMetric, Need
from evaluation.score import Measurement

NOTHING = ""
"""Stands for the predicted class in the evidence of an answer without a label."""


@dataclass(frozen=True, kw_only=True)
class MacroF1(CorpusMetric):
    """Mean over the classes of each class's F1, in [0, 1]; one case alone has 1 where its label is right, else 0.

    The classes are those that were expected or predicted at least once. An answer without a label counts against the
    expected class and is no class of its own. Evidence: the expected and the predicted class.
    """

    name: ClassVar[str] = "macro_f1"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES, Need.CHOICES})

    def problem(self, case: Case) -> str | None:
        """Says which reference is not among the labels."""
        return unknown_label(case)

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement:
        (generation,) = generations
        predicted = chosen_label(generation.answer, case.choices)
        right = is_right(predicted, case)
        expected = predicted if right and predicted is not None else _as_in_choices(case.references[0], case.choices)
        return Measurement(
            value=float(right), label=predicted or NOT_EXTRACTED, evidence=(expected, predicted or NOTHING)
        )

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Macro-F1 over all rows, equal to scikit-learn's with `zero_division=0`."""
        pairs = Counter(tuple(row.evidence) for row in rows)
        expected, predicted, hits = Counter[float | str](), Counter[float | str](), Counter[float | str]()
        for (wanted, given), n in pairs.items():
            expected[wanted] += n
            if given != NOTHING:
                predicted[given] += n
            if wanted == given:
                hits[wanted] += n
        classes = sorted({*expected, *predicted}, key=str)
        return sum(2 * hits[label] / (expected[label] + predicted[label]) for label in classes) / len(classes)


def _as_in_choices(reference: str, choices: Sequence[str]) -> str:
    """The reference, written as the case's labels write it."""
    return next((label for label in choices if plain(label) == plain(reference)), reference)
