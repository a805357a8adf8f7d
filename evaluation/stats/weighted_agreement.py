"""Agreement beyond chance as a function of case weights, so that all bootstrap resamples are computed at once.

All statistics here except alpha at the ratio level take time proportional to the number of ratings, however many
different values the ratings have.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.reweighting import Matrix, Statistic, cumulative
from evaluation.stats.vectors import Vector

Level = Literal["nominal", "ordinal", "interval", "ratio"]
"""Scale of ratings: a difference is another category, a number of ranks, a distance, or its share of the sum."""
Weights = Literal["equal", "linear", "quadratic"]

_NO_SPREAD = 1e-12


def alpha_statistic(pairable: Matrix, level: Level) -> Statistic:
    """Return Krippendorff's alpha as a function of the weights of the cases.

    Args:
        pairable: Shape (n_raters, n_cases), NaN where a rater gave none; each case with two ratings or more, and not
            all ratings equal.
        level: The scale on which two ratings differ.
    """
    if level == "ratio":
        return _ratio_statistic(pairable)
    columns, raters = np.nonzero(~np.isnan(pairable.T))
    ratings = _on_unit_scale(pairable[raters, columns])
    n_ratings = np.bincount(columns).astype(np.float64)
    case_starts = np.concatenate([[0], np.cumsum(n_ratings)[:-1]]).astype(np.intp)
    values, value_of, counts = np.unique(ratings, return_inverse=True, return_counts=True)
    by_value, value_ends = np.argsort(value_of, kind="stable"), np.cumsum(counts)
    mixed = _mixed_pairs(columns, value_of, n_ratings)

    def totals(weights: Matrix) -> Matrix:
        """Return how many pairable ratings of each value there are, shape (n_rows, n_values)."""
        return np.diff(cumulative(weights[:, columns[by_value]], value_ends), axis=1, prepend=0.0)

    def nominal(weights: Matrix) -> Vector:
        per_value = totals(weights)
        n = per_value.sum(axis=1)
        return _beyond_chance(weights @ mixed, (n**2 - (per_value**2).sum(axis=1)) / (n - 1))

    def metric(weights: Matrix) -> Vector:
        # Ordinal distances are those between the midranks, so that both levels are sums of squares.
        per_value = totals(weights)
        n = per_value.sum(axis=1)
        places = (
            np.cumsum(per_value, axis=1) - per_value / 2 if level == "ordinal" else np.tile(values, (len(weights), 1))
        )
        places = places - ((per_value * places).sum(axis=1) / n)[:, None]
        expected = 2 * n * (per_value * places**2).sum(axis=1) / (n - 1)
        placed = places[:, value_of]
        sums = np.add.reduceat(placed, case_starts, axis=1)
        squares = np.add.reduceat(placed**2, case_starts, axis=1)
        observed = 2 * (weights * (n_ratings * squares - sums**2) / (n_ratings - 1)).sum(axis=1)
        return _beyond_chance(observed, expected)

    return nominal if level == "nominal" else metric


def _ratio_statistic(pairable: Matrix) -> Statistic:
    """Return alpha where two ratings c and k differ by ((c - k) / (c + k))², which is no sum of squares."""
    is_given = ~np.isnan(pairable)
    values, value_of = np.unique(pairable[is_given], return_inverse=True)
    n_ratings = is_given.sum(axis=0)
    counts = np.zeros((pairable.shape[1], values.size))
    np.add.at(counts, (np.nonzero(is_given)[1], value_of), 1.0)
    apart = _ratio_distances(values)
    observed = ((counts @ apart) * counts).sum(axis=1) / (n_ratings - 1)

    def statistic(weights: Matrix) -> Vector:
        per_value = weights @ counts
        return _beyond_chance(
            weights @ observed, ((per_value @ apart) * per_value).sum(axis=1) / (per_value.sum(axis=1) - 1)
        )

    return statistic


def _ratio_distances(values: Vector) -> Matrix:
    """Return ((c - k) / (c + k))² of every two values, none of which is below 0; two zeros do not differ."""
    sums = values[:, None] + values[None, :]
    shares = np.zeros(sums.shape)
    np.divide(values[:, None] - values[None, :], sums, out=shares, where=sums > 0)
    distances: Matrix = shares**2
    return distances


def _mixed_pairs(columns: NDArray[np.intp], value_of: NDArray[np.intp], n_ratings: Vector) -> Vector:
    """Return, for each case, its number of ordered pairs of unequal ratings, divided by one less than its ratings."""
    cells, n_equal = np.unique(np.stack([columns, value_of]), axis=1, return_counts=True)
    equal = np.bincount(cells[0], weights=n_equal.astype(np.float64) ** 2)
    mixed: Vector = (n_ratings**2 - equal) / (n_ratings - 1)
    return mixed


def kappa_statistic(a: Vector, b: Vector, weights: Weights) -> Statistic:
    """Return the weighted kappa as a function of the weights of the cases; not all ratings may be equal."""
    a, b = _on_unit_scale(np.stack([a, b]))
    values = np.unique([a, b])
    gaps = np.diff(values)
    apart = {"equal": (a != b).astype(np.float64), "linear": np.abs(a - b), "quadratic": (a - b) ** 2}[weights]
    sides = [(np.argsort(side), np.searchsorted(np.sort(side), values, side="right")) for side in (a, b)]

    def statistic(drawn: Matrix) -> Vector:
        n = drawn.sum(axis=1)
        upto_a, upto_b = (cumulative(drawn[:, order], ends) / n[:, None] for order, ends in sides)
        share_a, share_b = (np.diff(upto, axis=1, prepend=0.0) for upto in (upto_a, upto_b))
        if weights == "equal":
            expected = 1 - (share_a * share_b).sum(axis=1)
        elif weights == "linear":
            crossing = upto_a * (1 - upto_b) + upto_b * (1 - upto_a)
            expected = crossing[:, :-1] @ gaps
        else:
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
