"""Which of several, asked the same cases, may be the best? A set that misses the best one at most as often as agreed.

One is left out where another is shown to be better, one-sided, at the level divided by the number of others: whichever
is truly the best, the chance that it is left out is at most the level (Gupta 1965, doi:10.1080/00401706.1965.10490251,
with Bonferroni's bound in place of equal variances).
"""

import numpy as np

from evaluation.stats.vectors import Vector, is_binary
from evaluation.sweeps.contrasts import Matrix

MIN_PAIRS = 6
_ALIKE = 1e-12
_AT_ONCE = 64


def may_be_best(scores: Matrix, *, confidence_level: float, independent: bool = False) -> list[bool]:
    """For each row of scores, whether it may be that with the highest mean.

    Args:
        scores: Shape (n_rows, n_units), higher is better, NaN where there is none.
        confidence_level: With which the best one is among those that may be.
        independent: The columns are no cases that all rows share, but answers of their own.
    """
    better = _welch_p if independent else one_sided_p
    level = (1 - confidence_level) / max(1, len(scores) - 1)
    means = _means(scores)
    order = np.argsort(-means, kind="stable")
    possible = []
    for row in scores:
        has_scores = not bool(np.isnan(row).all())
        # The likeliest to be better come first, and mostly the first few settle it.
        possible.append(
            has_scores
            and not any(
                bool((better(scores[order[start : start + _AT_ONCE]], row) < level).any())
                for start in range(0, len(order), _AT_ONCE)
            )
        )
    return possible


def _means(scores: Matrix) -> Vector:
    is_scored = ~np.isnan(scores)
    return np.where(is_scored.any(axis=1), np.nansum(scores, axis=1) / np.maximum(is_scored.sum(axis=1), 1), -np.inf)


def one_sided_p(first: Matrix, second: Vector) -> Vector:
    """Return the one-sided p of "this row is better", over the units that both have.

    Sign test of 0 and 1, else Student's.

    Args:
        first: Shape (n_rows, n_units), NaN where there is no score.
        second: With which each row is compared, shape (n_units,).
    """
    from scipy.special import bdtrc, stdtr

    gains = first - second
    is_paired = ~np.isnan(gains)
    n = is_paired.sum(axis=1)
    gains = np.where(is_paired, gains, 0.0)
    mean = gains.sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(is_paired, gains - mean[:, None], 0.0) ** 2).sum(axis=1)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_student = stdtr(np.maximum(n - 1, 1), -mean / error)
    p_values = np.where(error <= _ALIKE * np.abs(mean), 0.5**n, by_student)
    if is_binary(second[~np.isnan(second)]):
        binary = (np.isnan(first) | (first == 0) | (first == 1)).all(axis=1)
        more, less = (gains > 0).sum(axis=1), (gains < 0).sum(axis=1)
        # P(at least `more` of the pairs that differ).
        p_values = np.where(binary, bdtrc(np.maximum(more - 1, 0), np.maximum(more + less, 1), 0.5), p_values)
    one_sided: Vector = np.where((n < MIN_PAIRS) | (mean <= 0), 1.0, p_values)
    return one_sided


def _welch_p(first: Matrix, second: Vector) -> Vector:
    """Return the one-sided p of "this row is better", of answers that are no pairs (Welch 1947); shapes as above."""
    from scipy.special import stdtr

    n_a, mean_a, part_a = _of_rows(first)
    n_b, mean_b, part_b = _of_rows(second[None, :])
    gain, parts = mean_a - mean_b, part_a + part_b
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = parts**2 / (part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1))
        by_welch = stdtr(freedom, -gain / np.sqrt(parts))
    p_values = np.where(parts <= _ALIKE * gain**2, 0.5 ** np.minimum(n_a, n_b), by_welch)
    too_few = (n_a < 2) | (n_b < 2) | (n_a + n_b < MIN_PAIRS)
    one_sided: Vector = np.where(too_few | ~(gain > 0), 1.0, p_values)
    return one_sided


def _of_rows(values: Matrix) -> tuple[Vector, Vector, Vector]:
    """Of each row: how many values, their mean, and the variance of that mean."""
    is_scored = ~np.isnan(values)
    n = is_scored.sum(axis=1).astype(np.float64)
    mean = np.where(is_scored, values, 0.0).sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(is_scored, values - mean[:, None], 0.0) ** 2).sum(axis=1)
    return n, mean, squares / np.maximum(n - 1, 1) / np.maximum(n, 1)
