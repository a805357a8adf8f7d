"""The counts from which sacrebleu computes a corpus score, so that cases are resampled without rereading texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluation.scores import Measurement

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric


def statistics_of(scorer: "Metric", answer: str, references: Sequence[str]) -> list[int]:
    """Return the scorer's counts for one answer and all its references."""
    reference_info = scorer._extract_reference_info([scorer._preprocess_segment(reference) for reference in references])
    return list(scorer._compute_segment_statistics(scorer._preprocess_segment(answer), reference_info))


def summed(rows: Sequence[Measurement]) -> list[int]:
    """Return the counts of all rows, added up."""
    import numpy as np

    totals = np.array([row.evidence for row in rows], dtype=np.float64).sum(axis=0)
    return [int(total) for total in totals]


def mean_value(rows: Sequence[Measurement]) -> float:
    """Return the mean of the values, for when no row has anything to count."""
    return sum(row.value for row in rows) / len(rows)
