"""Spearman's rank correlation of two quantities of the same cases, with interval and test."""

from dataclasses import dataclass

import numpy as np

from evaluation.stats.intervals import Interval
from evaluation.stats.rank_correlation import centred_ranks, shuffle_p_value, spearman
from evaluation.stats.reweighting import Matrix, reweighted_interval
from evaluation.stats.vectors import Vector, is_constant

MIN_CASES = 8
"""Fewer are not tested."""
MOST_TO_RESAMPLE = 200
N_RESAMPLES = 1000
_N_GROUPS = 50
_Z = 1.959963984540054
_CLOSEST_TO_ONE = 1 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A rank correlation."""

    value: float
    interval: Interval | None
    """95 %; None where every resample says the same."""
    p_value: float


def rank_correlation(x: Vector, y: Vector, *, rng: "np.random.Generator") -> Correlation | None:
    """Return the correlation of two quantities over independent cases; None under 8, or where one does not vary.

    The test shuffles; from 1,001 cases on it is Student's.

    Args:
        x: Shape (n_cases,).
        y: Of the same cases.
        rng: Seed it to reproduce a report.
    """
    if x.size < MIN_CASES or is_constant(x) or is_constant(y):
        return None
    p_value = shuffle_p_value(centred_ranks(x), centred_ranks(y), rng)
    return Correlation(value=_spearman(x, y), interval=correlation_interval(x, y, rng=rng), p_value=p_value)


def correlation_interval(x: Vector, y: Vector, *, rng: "np.random.Generator") -> Interval | None:
    """Return the 95 % interval of the correlation; None where every resample says the same.

    A bootstrap over cases, which holds for binary values too, where formulas of Fisher's z do not; from 201 cases on,
    the delete-a-group jackknife of Fisher's z (50 groups; Shao & Tu 1995, The Jackknife and Bootstrap).
    """
    if x.size > MOST_TO_RESAMPLE:
        return _jackknifed(x, y, rng)

    def statistic(weights: Matrix) -> Vector:
        return spearman(weights, x, y)

    n_numbers = 8 * x.size
    return reweighted_interval(
        statistic, x.size, rng=rng, n_resamples=N_RESAMPLES, confidence_level=0.95, n_numbers_a_row=n_numbers
    )


def _spearman(x: Vector, y: Vector) -> float:
    return float(spearman(np.ones((1, x.size)), x, y)[0])


def _jackknifed(x: Vector, y: Vector, rng: "np.random.Generator") -> Interval | None:
    groups = rng.permutation(x.size) % _N_GROUPS
    left_out = [_spearman(x[groups != group], y[groups != group]) for group in range(_N_GROUPS)]
    scaled = np.arctanh(np.clip(left_out, -_CLOSEST_TO_ONE, _CLOSEST_TO_ONE))
    error = float(np.sqrt((_N_GROUPS - 1) / _N_GROUPS * ((scaled - scaled.mean()) ** 2).sum()))
    if not np.isfinite(error) or error == 0:
        return None
    centre = float(np.arctanh(np.clip(_spearman(x, y), -_CLOSEST_TO_ONE, _CLOSEST_TO_ONE)))
    return Interval(float(np.tanh(centre - _Z * error)), float(np.tanh(centre + _Z * error)))
