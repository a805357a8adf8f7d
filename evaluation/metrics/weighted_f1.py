"""Weighted F1: the mean of the classes' F1, each class weighted by how often it is expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.class_table import classification_report
from evaluation.metrics.labelled_metric import LabelledMetric
from evaluation.scores import Measurement


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
