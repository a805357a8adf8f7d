"""The base class of metrics over classes, which count pairs of expected and predicted labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.accuracy import is_right, unknown_label
from evaluation.metrics.label_extraction import NOT_EXTRACTED, chosen_label, named_label
from evaluation.metrics.metric import AnswerMetric, CorpusMetric, Need
from evaluation.scores import Measurement

NOTHING = ""
"""Predicted class in the evidence of an answer without a label."""


@dataclass(frozen=True, kw_only=True)
class LabelledMetric(AnswerMetric, CorpusMetric):
    """A metric over expected and predicted classes; a single case has 1 if its label is right, else 0.

    Evidence: the expected and the predicted class.
    """

    scorer_version: ClassVar[str] = "4"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES, Need.CHOICES})

    def problem(self, case: Case) -> str | None:
        """Say which reference is not among the labels."""
        return unknown_label(case)

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        predicted = chosen_label(generation.answer, case.choices)
        right = is_right(predicted, case)
        expected = predicted if right and predicted is not None else _as_in_choices(case.references[0], case.choices)
        return Measurement(
            value=float(right), label=predicted or NOT_EXTRACTED, evidence=(expected, predicted or NOTHING)
        )


def counted_pairs(rows: Sequence[Measurement]) -> Counter[tuple[str, str]]:
    """Count how often each pair of an expected and a predicted class occurs."""
    return Counter((str(row.evidence[0]), str(row.evidence[1])) for row in rows)


def _as_in_choices(reference: str, choices: Sequence[str]) -> str:
    """Return the reference in the spelling of the case's labels."""
    return named_label(reference, choices) or reference
