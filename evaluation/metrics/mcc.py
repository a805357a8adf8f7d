"""Matthews correlation coefficient of expected and predicted classes, corrected for guessing by class frequency."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from evaluation.metrics.labelled_metric import LabelledMetric, counted_pairs
from evaluation.scores import Measurement


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
