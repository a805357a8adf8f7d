"""What is a case's score when it was asked several times? Repeats of one case are not independent evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.stats.vectors import Vector, as_vector


def case_means(scores: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the mean score of each case, in order of first appearance.

    Args:
        scores: A case's id with its score, once for each repeat. Cases may have different numbers of repeats.
    """
    repeats: dict[str, list[float]] = {}
    for case_id, score in scores:
        repeats.setdefault(case_id, []).append(score)
    return {
        case_id: float(np.mean(as_vector(values, what=f"scores of {case_id!r}"))) for case_id, values in repeats.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceParts:
    """Where the difference of two candidates varies: ω² + σ_A²/K_A + σ_B²/K_B (Miller 2024, arXiv:2411.00640)."""

    between: float
    """ω²: of the true difference from case to case."""
    within_a: float
    """σ_A²: of A's score from repeat to repeat of one case."""
    within_b: float

    def of_difference(self, repeats_a: float, repeats_b: float) -> float:
        """Return the variance of one case's difference, were it asked so often.

        What `power.cases_for_difference` wants.
        """
        return self.between + self.within_a / repeats_a + self.within_b / repeats_b


def variance_parts(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> VarianceParts | None:
    """Return the parts of the variance on the cases that both have, by the method of moments.

    None where fewer than two cases are shared, or a candidate was never asked a case twice: then no repeat tells
    its noise from a difference of the cases.

    Args:
        a: The scores of each case, one for each repeat.
        b: The same of the other one, which may have another number of repeats.
    """
    shared = [case_id for case_id in a if case_id in b]
    sides = [[as_vector(side[case_id], what=f"scores of {case_id!r}") for case_id in shared] for side in (a, b)]
    within_a, within_b = (_pooled_variance(side) for side in sides)
    if len(shared) < 2 or within_a is None or within_b is None:
        return None
    differences = np.array([left.mean() - right.mean() for left, right in zip(*sides, strict=True)])
    noise = within_a * _mean_inverse_size(sides[0]) + within_b * _mean_inverse_size(sides[1])
    between = max(0.0, float(differences.var(ddof=1)) - noise)
    return VarianceParts(between=between, within_a=within_a, within_b=within_b)


def _mean_inverse_size(cases: Sequence[Vector]) -> float:
    return float(np.mean([1 / scores.size for scores in cases]))


def _pooled_variance(cases: Sequence[Vector]) -> float | None:
    """Return the variance within a case, over all cases; None where none was repeated."""
    degrees = sum(scores.size - 1 for scores in cases)
    if not degrees:
        return None
    return sum(float(((scores - scores.mean()) ** 2).sum()) for scores in cases) / degrees
