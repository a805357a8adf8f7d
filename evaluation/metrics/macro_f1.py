"""Macro-F1: the mean of the classes' F1, each class counting the same.

F1 of a class = 2·hits / (times expected + times predicted); macro-F1 is their unweighted mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.class_table import classification_report
from evaluation.metrics.labelled_metric import LabelledMetric
from evaluation.scores import Measurement


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
