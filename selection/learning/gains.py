"""Gain of one policy over another, on cases that it did not learn from.

A policy names, for each case, the candidate with the highest score among those that were measured on it. Two policies
are compared case by case, with the families as independent units.
"""

import numpy as np

from selection.retraining import GainResult
from selection.scoreboards.two_way import Integers, Matrix, Vector


def chosen(values: Matrix, scores: Matrix | Vector) -> Integers:
    """Return the candidate named for each case, among those measured on it.

    Args:
        values: Qualities, shape (n_cases, n_candidates), NaN where it was not asked.
        scores: Higher is better; for each case, or common to all; NaN for an unknown candidate.
    """
    usable = np.isfinite(values) & np.isfinite(scores)
    usable |= np.isfinite(values) & ~usable.any(axis=1, keepdims=True)
    choices: Integers = np.argmax(np.where(usable, np.nan_to_num(scores, nan=-1e9), -np.inf), axis=1)
    return choices


def reached(values: Matrix, scores: Matrix | Vector) -> Vector:
    """Return the quality on each case of the candidate named for it, shape (n_cases,)."""
    return np.asarray(np.take_along_axis(values, chosen(values, scores)[:, None], axis=1)[:, 0], dtype=np.float64)


def paired_gain(ours: Vector, theirs: Vector, families: Integers, *, confidence_level: float = 0.95) -> GainResult:
    """Return the mean of `ours - theirs`, with a t interval on errors clustered by family.

    With one family there is no interval.
    """
    from scipy.stats import t

    apart = ours - theirs
    value = float(apart.mean()) if len(apart) else 0.0
    distinct_families, place = np.unique(families, return_inverse=True)
    n_families = len(distinct_families)
    low = high = None
    if n_families > 1:
        sums = np.bincount(place, apart - value)
        se = float(np.sqrt((sums**2).sum() * n_families / (n_families - 1))) / len(apart)
        reach = float(t.ppf(0.5 + confidence_level / 2, n_families - 1)) * se
        low, high = value - reach, value + reach
    return GainResult(
        value=value,
        low=low,
        high=high,
        n_cases=len(apart),
        n_families=n_families,
        confidence_level=confidence_level,
    )
