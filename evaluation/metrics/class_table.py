"""Classification report: precision, recall and F1 of each class, and the confusion matrix.

Precision = hits / times predicted; recall = hits / times expected; F1 = 2·hits / (times expected + times predicted).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.metrics.labelled_metric import NOTHING, counted_pairs
from evaluation.scores import Measurement


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
