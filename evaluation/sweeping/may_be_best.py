"""Which of several, asked the same cases, may be the best? A set that misses the best one at most as often as agreed.

One is left out where another is shown to be better, one-sided, at the level divided by the number of others: whichever
is truly the best, the chance that it is left out is at most the level (Gupta 1965, doi:10.1080/00401706.1965.10490251,
with Bonferroni's bound in place of equal variances).
"""

import numpy as np

from evaluation.stats.numbers import Vector, is_binary
from evaluation.sweeping.contrasts import Matrix

MIN_PAIRS = 6
_ALIKE = 1e-12


def may_be_best(scores: Matrix, *, confidence_level: float, independent: bool = False) -> list[bool]:
    """For each row of scores, whether it may be that with the highest mean.

    Args:
        scores: Shape (n_rows, n_units), higher is better, NaN where there is none.
        confidence_level: With which the best one is among those that may be.
        independent: The columns are no cases that all rows share, but answers of their own.
    """
    better = _welch_p if independent else one_sided_p
    n_rows = len(scores)
    level = (1 - confidence_level) / max(1, n_rows - 1)
    order = np.argsort(-_means(scores), kind="stable")
    possible = [not bool(np.isnan(row).all()) for row in scores]
    for row in range(n_rows):
        if possible[row]:
            # The likeliest to be better come first.
            possible[row] = not any(
                other != row and better(scores[other], scores[row]) < level for other in order.tolist()
            )
    return possible


def _means(scores: Matrix) -> Vector:
    known = ~np.isnan(scores)
    return np.where(known.any(axis=1), np.nansum(scores, axis=1) / np.maximum(known.sum(axis=1), 1), -np.inf)


def one_sided_p(first: Vector, second: Vector) -> float:
    """One-sided p of "the first is better", over the units that both have: sign test of 0 and 1, else Student's."""
    from scipy.special import bdtrc, stdtr

    both = ~(np.isnan(first) | np.isnan(second))
    n = int(both.sum())
    if n < MIN_PAIRS:
        return 1.0
    a, b = first[both], second[both]
    gains = a - b
    mean = float(gains.mean())
    if mean <= 0:
        return 1.0
    if is_binary(a) and is_binary(b):
        more, less = int((gains > 0).sum()), int((gains < 0).sum())
        # P(at least `more` of the pairs that differ).
        return float(bdtrc(more - 1, more + less, 0.5))
    error = float(gains.std(ddof=1)) / n**0.5
    if error <= _ALIKE * abs(mean):
        return float(0.5**n)
    return float(stdtr(n - 1, -mean / error))


def _welch_p(first: Vector, second: Vector) -> float:
    """One-sided p of "the first is better", of answers that are no pairs (Welch 1947)."""
    from scipy.special import stdtr

    a, b = first[~np.isnan(first)], second[~np.isnan(second)]
    if a.size < 2 or b.size < 2 or a.size + b.size < MIN_PAIRS:
        return 1.0
    gain = float(a.mean() - b.mean())
    if gain <= 0:
        return 1.0
    parts = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    if sum(parts) <= _ALIKE * gain**2:
        return float(0.5 ** min(a.size, b.size))
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (a.size - 1) + parts[1] ** 2 / (b.size - 1))
    return float(stdtr(freedom, -gain / sum(parts) ** 0.5))
