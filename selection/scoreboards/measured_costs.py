"""Measured costs of an answer: seconds at every percentile, dollars and joules on average."""

from typing import NamedTuple

import numpy as np

from selection.scoreboards.two_way import Integers, Matrix, Vector

PERCENTILES = np.linspace(0.0, 1.0, 101)


class Means(NamedTuple):
    """Mean of each group with its error; NaN where nothing was measured, the error also where only one family was."""

    mean: Vector
    se: Vector


def grouped_quantiles(values: Vector, group: Integers, n_groups: int) -> tuple[Matrix, Integers]:
    """Return the quantiles at 0, .01 … 1 of each group's known values by linear interpolation, and their number."""
    finite = np.isfinite(values)
    values, group = values[finite], group[finite]
    values = values[np.lexsort((values, group))]
    counts = np.bincount(group, minlength=n_groups)
    if not values.size:
        return np.full((n_groups, 101), np.nan), counts
    starts = np.cumsum(counts) - counts
    place = PERCENTILES * np.maximum(counts - 1, 0)[:, None]
    below = np.floor(place).astype(np.int64)
    last = np.maximum(counts - 1, 0)[:, None]
    first = np.minimum(starts, values.size - 1)[:, None]
    low, high = values[first + np.minimum(below, last)], values[first + np.minimum(below + 1, last)]
    quantiles = low + (place - below) * (high - low)
    return np.where(counts[:, None] > 0, quantiles, np.nan), counts


def mixed_quantiles(parts: Matrix, counts: Integers) -> Matrix:
    """Return the quantiles of each candidate over all tasks, every timed task counting alike.

    Args:
        parts: Quantiles, shape (n_tasks, n_candidates, 101).
        counts: Timed answers, shape (n_tasks, n_candidates).
    """
    mixed = np.full(parts.shape[1:], np.nan)
    for candidate in np.flatnonzero(counts.any(axis=0)):
        points = parts[counts[:, candidate] > 0, candidate]
        mixed[candidate] = np.quantile(points, PERCENTILES) if len(points) > 1 else points[0]
    return mixed


def grouped_means(values: Vector, group: Integers, family: Integers, n_groups: int) -> Means:
    """Return the mean of each group's known values, with the error from the random choice of families."""
    finite = np.isfinite(values)
    values, group, family = values[finite], group[finite], family[finite]
    if not values.size:
        return Means(np.full(n_groups, np.nan), np.full(n_groups, np.nan))
    counts = np.bincount(group, minlength=n_groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, values, minlength=n_groups) / counts
        keys, place = np.unique(group * (int(family.max()) + 1) + family, return_inverse=True)
        owner = keys // (int(family.max()) + 1)
        sums = np.bincount(place, values - mean[group])
        n_families = np.bincount(owner, minlength=n_groups)
        squares = np.bincount(owner, sums**2, minlength=n_groups) * n_families / (n_families - 1)
        se = np.where(n_families > 1, np.sqrt(squares) / counts, np.nan)
    return Means(mean, se)
