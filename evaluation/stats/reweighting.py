"""Bootstrap intervals for statistics that take a weight for each case.

Drawing a case twice is the same as giving it a weight of 2, so all resamples are computed at once, as one array.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.bootstrap import MIN_UNITS_TO_RESAMPLE, accelerated_tails
from evaluation.stats.intervals import MIN_UNITS_FOR_PERCENTILES, Interval
from evaluation.stats.vectors import Vector, is_constant

Matrix = NDArray[np.float64]
Statistic = Callable[[Matrix], Vector]
"""Statistic for each row of weights: shape (n_rows, n_cases) to shape (n_rows,), NaN where undefined."""

MAX_UNDEFINED_SHARE = 0.05
_NUMBERS_AT_ONCE = 1_000_000


def reweighted_interval(
    statistic: Statistic,
    n_cases: int,
    *,
    rng: "np.random.Generator",
    n_resamples: int,
    confidence_level: float,
    n_numbers_a_row: int | None = None,
    clusters: Sequence[Hashable] | None = None,
    draws: Iterable[Matrix] | None = None,
) -> Interval | None:
    """Return the bootstrap interval of a statistic over cases.

    Bias-corrected and accelerated under 100, else by percentiles.

    None under 5 cases, where every resample says the same, and where more than one in twenty says nothing. With
    clusters, these are drawn whole, and counted.

    Args:
        statistic: Takes any number of rows of weights.
        n_cases: How many weights a row has.
        rng: Seed it to reproduce a report.
        n_resamples: How often the cases are drawn again, with replacement.
        confidence_level: Of the interval.
        n_numbers_a_row: What a row makes the statistic hold in memory; None: one number a case.
        clusters: What each case belongs to, of which several are no independent evidence.
        draws: Those of `draw_weights`, for several statistics of as many cases; None: they are drawn here.
    """
    unit_of = cluster_numbers(clusters) if clusters is not None else np.arange(n_cases)
    n_units = len(set(unit_of.tolist()))
    if n_units < MIN_UNITS_TO_RESAMPLE:
        return None

    def of_units(weights: Matrix) -> Vector:
        return statistic(weights[:, unit_of])

    if draws is None:
        draws = draw_weights(n_units, rng, n_resamples=n_resamples, n_numbers_a_row=n_numbers_a_row or n_cases)
    values = np.concatenate([of_units(weights) for weights in draws])
    values = values[~np.isnan(values)]
    if values.size < (1 - MAX_UNDEFINED_SHARE) * n_resamples or is_constant(values):
        return None
    tail = (1 - confidence_level) / 2
    tails = (tail, 1 - tail)
    if n_units < MIN_UNITS_FOR_PERCENTILES:
        left_out = of_units(1 - np.eye(n_units))
        observed = float(of_units(np.ones((1, n_units)))[0])
        if np.isnan(left_out).any():
            return None
        tails = accelerated_tails(values, observed=observed, left_out=left_out, tails=tails)
    low, high = np.quantile(values, tails)
    return Interval(float(low), float(high))


def cluster_numbers(clusters: Sequence[Hashable]) -> NDArray[np.intp]:
    """Return the clusters as numbers from 0 on, in order of first appearance."""
    numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
    return np.array([numbers[cluster] for cluster in clusters], dtype=np.intp)


def weighted_midranks(weights: Matrix, values: Vector) -> Matrix:
    """Return the midrank of each value, where a case counts as often as its weight says.

    Equal values share their rank. Shape (n_rows, n_cases), like the weights. Ranks are counted from 0.5: of three
    different values 0.5, 1.5 and 2.5.
    """
    order = np.argsort(values, kind="stable")
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    upto = cumulative(weights[:, order], np.cumsum(sizes))
    below = np.concatenate([np.zeros((len(weights), 1)), upto[:, :-1]], axis=1)
    midranks: Matrix = ((below + upto) / 2)[:, group.ravel()]
    return midranks


def cumulative(weights: Matrix, ends: NDArray[np.integer]) -> Matrix:
    """Return the sum of each row's first `end` weights, for every end. Shape (n_rows, n_ends)."""
    sums = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights, axis=1)], axis=1)
    picked: Matrix = sums[:, ends]
    return picked


def draw_weights(
    n_units: int, rng: "np.random.Generator", *, n_resamples: int, n_numbers_a_row: int
) -> Iterator[Matrix]:
    """Yield the weights of all resamples, as many rows at a time as are computed at once."""
    shares = np.full(n_units, 1 / n_units)
    rows_at_once = max(1, _NUMBERS_AT_ONCE // n_numbers_a_row)
    for start in range(0, n_resamples, rows_at_once):
        weights = rng.multinomial(n_units, shares, size=min(rows_at_once, n_resamples - start))
        yield weights.astype(np.float64)
