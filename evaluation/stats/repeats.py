"""What is a case's score when it was asked several times? Repeats of one case are not independent evidence."""

from collections.abc import Iterable

import numpy as np

from evaluation.stats.numbers import as_vector


def case_means(scores: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Mean score of each case, in order of first appearance.

    Args:
        scores: A case's id with its score, once for each repeat. Cases may have different numbers of repeats.
    """
    repeats: dict[str, list[float]] = {}
    for case_id, score in scores:
        repeats.setdefault(case_id, []).append(score)
    return {
        case_id: float(np.mean(as_vector(values, what=f"scores of {case_id!r}"))) for case_id, values in repeats.items()
    }
