"""Agreement beyond chance as a function of case weights, so that all bootstrap resamples are computed at once.

Both statistics take time proportional to the number of ratings, however many different values the ratings have.
"""

import numpy as np

from evaluation.stats.reweighting import Matrix, Statistic, cumulative
from evaluation.stats.vectors import Vector

_NO_SPREAD = 1e-12


def alpha_statistic(pairable: Matrix) -> Statistic:
    """Return Krippendorff's ordinal alpha as a function of the weights of the cases.

    Args:
        pairable: Shape (n_raters, n_cases), NaN where a rater gave none; each case with two ratings or more, and not
            all ratings equal.
    """
    columns, raters = np.nonzero(~np.isnan(pairable.T))
    ratings = _on_unit_scale(pairable[raters, columns])
    n_ratings = np.bincount(columns).astype(np.float64)
    case_starts = np.concatenate([[0], np.cumsum(n_ratings)[:-1]]).astype(np.intp)
    _, value_of, counts = np.unique(ratings, return_inverse=True, return_counts=True)
    by_value, value_ends = np.argsort(value_of, kind="stable"), np.cumsum(counts)

    def totals(weights: Matrix) -> Matrix:
        """Return how many pairable ratings of each value there are, shape (n_rows, n_values)."""
        return np.diff(cumulative(weights[:, columns[by_value]], value_ends), axis=1, prepend=0.0)

    def statistic(weights: Matrix) -> Vector:
        # Distances are those between the midranks, so that alpha is made of sums of squares.
        per_value = totals(weights)
        n = per_value.sum(axis=1)
        places = np.cumsum(per_value, axis=1) - per_value / 2
        places = places - ((per_value * places).sum(axis=1) / n)[:, None]
        expected = 2 * n * (per_value * places**2).sum(axis=1) / (n - 1)
        placed = places[:, value_of]
        sums = np.add.reduceat(placed, case_starts, axis=1)
        squares = np.add.reduceat(placed**2, case_starts, axis=1)
        observed = 2 * (weights * (n_ratings * squares - sums**2) / (n_ratings - 1)).sum(axis=1)
        return _beyond_chance(observed, expected)

    return statistic


def kappa_statistic(a: Vector, b: Vector) -> Statistic:
    """Return the quadratically weighted kappa as a function of the weights of the cases; some ratings must differ."""
    a, b = _on_unit_scale(np.stack([a, b]))
    values = np.unique([a, b])
    apart = (a - b) ** 2
    sides = [(np.argsort(side), np.searchsorted(np.sort(side), values, side="right")) for side in (a, b)]

    def statistic(drawn: Matrix) -> Vector:
        n = drawn.sum(axis=1)
        upto_a, upto_b = (cumulative(drawn[:, order], ends) / n[:, None] for order, ends in sides)
        share_a, share_b = (np.diff(upto, axis=1, prepend=0.0) for upto in (upto_a, upto_b))
        expected = (share_a + share_b) @ values**2 - 2 * (share_a @ values) * (share_b @ values)
        return _beyond_chance(drawn @ apart / n, expected)

    return statistic


def _beyond_chance(observed: Vector, expected: Vector) -> Vector:
    """Return 1 - observed / expected; NaN where no disagreement is expected by chance."""
    ratio = np.full(expected.shape, np.nan)
    np.divide(observed, expected, out=ratio, where=expected > _NO_SPREAD)
    return 1 - ratio


def _on_unit_scale(ratings: Matrix) -> Matrix:
    """Scale the ratings to [0, 1]: both coefficients are ratios, in which the unit cancels."""
    low, high = ratings.min(), ratings.max()
    scaled: Matrix = (ratings - low) / (high - low)
    return scaled
