"""Accuracy: whether the answer gives the right label."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.label_extraction import NOT_EXTRACTED, chosen_label, named_label
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class Accuracy(AnswerMetric):
    """1 where the label that the answer gives is a right one, else 0.

    The label is read as the whole answer (but for case, blanks, dashes and marks around it), else as its very start,
    else as the only label mentioned and not denied. Two that are offered together ("spam or ham") are no label, and
    labels of signs or digits keep every mark (`-1` is not `1`). The measurement's label is the predicted one, or
    `not_extracted`.
    """

    name: ClassVar[str] = "accuracy"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES, Need.CHOICES})
    scorer_version: ClassVar[str] = "4"
    formula: ClassVar[str] = (
        "1 if the label that is read from the answer is a reference, else 0; the mean is the share of right labels"
    )
    source: ClassVar[str] = "scikit-learn accuracy_score, on the labels that were read"
    blind_spots: ClassVar[str] = (
        "Where one class is common, always naming it scores high: see macro_f1 and mcc. Guessing gets one in as many "
        "as there are labels."
    )

    def problem(self, case: Case) -> str | None:
        """Say which reference is not among the labels."""
        return unknown_label(case)

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        predicted = chosen_label(generation.answer, case.choices)
        return Measurement(value=float(is_right(predicted, case)), label=predicted or NOT_EXTRACTED)


def is_right(predicted: str | None, case: Case) -> bool:
    """Return True where the predicted label is one of the references."""
    return predicted is not None and predicted in {named_label(text, case.choices) for text in case.references}


def unknown_label(case: Case) -> str | None:
    """Return the reference that is not among the case's labels, as a message; None where all are."""
    for reference in case.references:
        if named_label(reference, case.choices) is None:
            return f"has the reference {reference!r}, which is not among its labels {', '.join(case.choices)}"
    return None
