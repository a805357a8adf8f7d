"""Classification reports of a run's candidates: a table of classes and a confusion matrix."""

from evaluation.formatting import score
from evaluation.metrics.classification import ClassTable


def class_rows(table: ClassTable) -> list[dict[str, str]]:
    """Return one row per class: precision, recall, F1 and how often it was expected."""
    return [
        {
            "class": row.label,
            "precision": score(row.precision),
            "recall": score(row.recall),
            "F1": score(row.f1),
            "expected": f"{row.support:,}",
            "given": f"{row.n_predicted:,}",
        }
        for row in table.classes
    ]


def confusion_rows(table: ClassTable) -> list[dict[str, str]]:
    """Return one row per expected class: how often each class was predicted."""
    return [
        {
            "expected": row.label,
            **{name or "no class": f"{n:,}" for name, n in zip(table.predicted, counts, strict=True)},
        }
        for row, counts in zip(table.classes, table.confusion, strict=True)
    ]
