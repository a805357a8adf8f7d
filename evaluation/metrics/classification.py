"""Metrics over the labels of classes: accuracy, macro and weighted F1, Matthews' correlation; the table of classes.

Precision = hits / times predicted; recall = hits / times expected; F1 = 2·hits / (times expected + times predicted).
All but accuracy count pairs of expected and predicted labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.label_extraction import NOT_EXTRACTED, chosen_label, named_label
from evaluation.metrics.metric import AnswerMetric, CorpusMetric, Need
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class _LabelMetric(AnswerMetric):
    """A metric of the label that the answer gives."""

    reads_a_part: ClassVar[bool] = True
    scorer_version: ClassVar[str] = "4"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES, Need.CHOICES})

    def problem(self, case: Case) -> str | None:
        """Return the reference that is not among the case's labels, as a message; None where all are."""
        for reference in case.references:
            if named_label(reference, case.choices) is None:
                return f"has the reference {reference!r}, which is not among its labels {', '.join(case.choices)}"
        return None


@dataclass(frozen=True, kw_only=True)
class Accuracy(_LabelMetric):
    """1 where the label that the answer gives is a right one, else 0.

    The label is read as the whole answer (but for case, blanks, dashes and marks around it), else as its very start,
    else as the only label mentioned and not denied. Two that are offered together ("spam or ham") are no label, and
    labels of signs or digits keep every mark (`-1` is not `1`). The measurement's label is the predicted one, or
    `not_extracted`.
    """

    name: ClassVar[str] = "accuracy"
    formula: ClassVar[str] = (
        "1 if the label that is read from the answer is a reference, else 0; the mean is the share of right labels"
    )
    source: ClassVar[str] = "scikit-learn accuracy_score, on the labels that were read"
    blind_spots: ClassVar[str] = (
        "Where one class is common, always naming it scores high: see macro_f1 and mcc. Guessing gets one in as many "
        "as there are labels."
    )

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        predicted = chosen_label(generation.answer, case.choices)
        return Measurement(value=float(is_right(predicted, case)), label=predicted or NOT_EXTRACTED)


def is_right(predicted: str | None, case: Case) -> bool:
    """Return True where the predicted label is one of the references."""
    return predicted is not None and predicted in {named_label(text, case.choices) for text in case.references}


NOTHING = ""
"""Predicted class in the evidence of an answer without a label."""


@dataclass(frozen=True, kw_only=True)
class LabelledMetric(_LabelMetric, CorpusMetric):
    """A metric over expected and predicted classes; a single case has 1 if its label is right, else 0.

    Evidence: the expected and the predicted class.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class over all cases."""

    label: str
    precision: float
    """0 if the class was never predicted, as in scikit-learn."""
    recall: float
    """0 if the class was never expected."""
    f1: float
    support: int
    """Number of cases that expect the class."""
    n_predicted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTable:
    """Classes that were expected or predicted at least once, and the confusion matrix."""

    classes: tuple[ClassRow, ...]
    """Classes by label."""
    predicted: tuple[str, ...]
    """Labels of the matrix's columns: the classes, then `""` for answers without a label."""
    confusion: tuple[tuple[int, ...], ...]
    """Counts of predictions, one row for each class that was or could have been expected, one value for each column."""
    accuracy: float
    n_rows: int


def classification_report(rows: Sequence[Measurement]) -> ClassTable:
    """Return the table of classes from the evidence of `macro_f1`, `weighted_f1` or `mcc`.

    Without rows the table has no classes.
    """
    pairs = counted_pairs(rows)
    labels = sorted({label for pair in pairs for label in pair} - {NOTHING})
    columns = (*labels, NOTHING) if any(predicted_label == NOTHING for _, predicted_label in pairs) else tuple(labels)
    confusion = tuple(
        tuple(pairs[expected_label, predicted_label] for predicted_label in columns) for expected_label in labels
    )
    supports = [sum(row) for row in confusion]
    predicted = [sum(row[i] for row in confusion) for i in range(len(labels))]
    hits = [confusion[i][i] for i in range(len(labels))]
    classes = [_class_row(*of_class) for of_class in zip(labels, hits, supports, predicted, strict=True)]
    return ClassTable(
        classes=tuple(classes),
        predicted=columns,
        confusion=confusion,
        accuracy=sum(hits) / len(rows) if rows else 0.0,
        n_rows=len(rows),
    )


def _class_row(label: str, n_hits: int, support: int, n_predicted: int) -> ClassRow:
    return ClassRow(
        label=label,
        precision=n_hits / n_predicted if n_predicted else 0.0,
        recall=n_hits / support if support else 0.0,
        f1=2 * n_hits / (support + n_predicted),
        support=support,
        n_predicted=n_predicted,
    )


@dataclass(frozen=True, kw_only=True)
class MacroF1(LabelledMetric):
    """Mean over the classes of each class's F1, in [0, 1]; one case alone has 1 where its label is right, else 0.

    The classes are those that were expected or predicted at least once. An answer without a label counts against the
    expected class and is no class of its own. Evidence: the expected and the predicted class.
    """

    name: ClassVar[str] = "macro_f1"
    formula: ClassVar[str] = "mean over classes of 2·hits / (times expected + times predicted)"
    source: ClassVar[str] = "scikit-learn f1_score(average='macro', zero_division=0)"
    blind_spots: ClassVar[str] = (
        "A class that is rare in the benchmark weighs as much as a common one, so that its value is noisy; "
        "which class is mistaken for which is in the confusion matrix alone."
    )

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return macro-F1 over all rows, equal to scikit-learn's with `zero_division=0`."""
        classes = classification_report(rows).classes
        return sum(row.f1 for row in classes) / len(classes)


@dataclass(frozen=True, kw_only=True)
class WeightedF1(LabelledMetric):
    """Mean of each class's F1, weighted by how often it is expected, in [0, 1]; one case alone is right or wrong.

    An answer without a label counts against the expected class. Evidence: the expected and the predicted class.
    """

    name: ClassVar[str] = "weighted_f1"
    formula: ClassVar[str] = "Σ over classes of (times expected / cases) · 2·hits / (times expected + times predicted)"
    source: ClassVar[str] = "scikit-learn f1_score(average='weighted', zero_division=0)"
    blind_spots: ClassVar[str] = (
        "Follows the common classes: a model that never finds a rare class hardly loses. It may lie outside the "
        "range between precision and recall."
    )

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return the weighted F1 over all rows, equal to scikit-learn's with `zero_division=0`."""
        return sum(row.f1 * row.support for row in classification_report(rows).classes) / len(rows)


@dataclass(frozen=True, kw_only=True)
class Mcc(LabelledMetric):
    """Matthews' correlation of expected and predicted classes, in [-1, 1]; 0 is guessing.

    0 also where it is not defined: only one class was expected, or only one predicted. An answer without a label is a
    predicted class of its own, which is never right. Evidence: the expected and the predicted class. One case alone
    has 1 where its label is right, else 0.
    """

    name: ClassVar[str] = "mcc"
    unit: ClassVar[str] = "correlation"
    value_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    chance_level: ClassVar[float | None] = 0.0
    formula: ClassVar[str] = (
        "(n·hits - Σ expected·predicted) / √((n² - Σ predicted²)·(n² - Σ expected²)), sums over classes"
    )
    source: ClassVar[str] = "Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006; scikit-learn matthews_corrcoef"
    blind_spots: ClassVar[str] = (
        "0 may mean guessing, or that only one class was expected or predicted; with more than two classes its least "
        "value is above -1."
    )

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return Matthews' correlation coefficient over all rows, equal to scikit-learn's."""
        pairs = counted_pairs(rows)
        expected, predicted = Counter[str](), Counter[str]()
        for (expected_label, predicted_label), n in pairs.items():
            expected[expected_label] += n
            predicted[predicted_label] += n
        n_rows = len(rows)
        n_right = sum(n for (expected_label, predicted_label), n in pairs.items() if expected_label == predicted_label)
        shared = n_rows * n_right - sum(expected[label] * predicted[label] for label in expected)
        spread = (n_rows**2 - _squares(predicted)) * (n_rows**2 - _squares(expected))
        return shared / sqrt(spread) if spread else 0.0


def _squares(counts: Counter[str]) -> int:
    return sum(n * n for n in counts.values())
