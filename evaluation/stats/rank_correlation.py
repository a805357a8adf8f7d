"""Spearman's rank correlation, computed for all bootstrap resamples at once."""

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.reweighting import Matrix, weighted_midranks
from evaluation.stats.vectors import Vector

Shuffles = NDArray[np.uint16]
"""Orders of the same cases, shape (n_shuffles, n_cases)."""

N_SHUFFLES = 10_000
MAX_CASES_TO_SHUFFLE = 1000
_NUMBERS_AT_ONCE = 1_000_000
_ROUNDING = 1e-12


def spearman(weights: Matrix, x: Vector, y: Vector) -> Vector:
    """Return Spearman's correlation for each row of weights, shape (n_rows,); NaN where one of the two does not vary.

    Args:
        weights: How often each case counts, shape (n_rows, n_cases).
        x: Shape (n_cases,). Equal values share their rank.
        y: Of the same cases.
    """
    n = weights.sum(axis=1)
    ranks = [weighted_midranks(weights, side) - (n / 2)[:, None] for side in (x, y)]
    spreads = np.prod([(weights * side**2).sum(axis=1) for side in ranks], axis=0)
    correlations = np.full(n.shape, np.nan)
    np.divide((weights * ranks[0] * ranks[1]).sum(axis=1), np.sqrt(spreads), out=correlations, where=spreads > 0)
    return correlations


def centred_ranks(values: Vector) -> Vector:
    """Return the ranks centred on 0; equal values share theirs."""
    ranks: Vector = weighted_midranks(np.ones((1, values.size)), values)[0] - values.size / 2
    return ranks


def draw_shuffles(n_cases: int, rng: "np.random.Generator") -> Shuffles | None:
    """Return 10,000 orders of this many cases, for `shuffle_p_value`; None from 1001 cases on, which need none."""
    if n_cases > MAX_CASES_TO_SHUFFLE:
        return None
    rows_at_once = max(1, _NUMBERS_AT_ONCE // n_cases)
    parts = []
    for start in range(0, N_SHUFFLES, rows_at_once):
        rows = np.tile(np.arange(n_cases, dtype=np.uint16), (min(rows_at_once, N_SHUFFLES - start), 1))
        parts.append(rng.permuted(rows, axis=1))
    return np.concatenate(parts)


def shuffle_p_value(a: Vector, b: Vector, shuffles: Shuffles | None) -> float:
    """Return the two-sided p of the permutation test: how often shuffled ranks correlate as strongly.

    From 1001 cases on, Student's approximation.

    Args:
        a: Centred ranks that vary.
        b: Those of the same cases.
        shuffles: Those of `draw_shuffles`; p = (1 + hits) / (1 + shuffles).
    """
    observed = abs(float(a @ b)) / float(np.sqrt((a @ a) * (b @ b)))
    if shuffles is None:
        from scipy.special import stdtr

        degrees = a.size - 2
        return 2 * float(stdtr(degrees, -observed * (degrees / max(1e-300, 1 - observed**2)) ** 0.5))
    limit = (1 - _ROUNDING) * abs(float(a @ b))
    rows_at_once = max(1, _NUMBERS_AT_ONCE // a.size)
    hits = 0
    for start in range(0, N_SHUFFLES, rows_at_once):
        hits += int((np.abs(b[shuffles[start : start + rows_at_once]] @ a) >= limit).sum())
    return (1 + hits) / (1 + N_SHUFFLES)
