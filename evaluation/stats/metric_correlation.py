"""Spearman's rank correlation of two quantities of the same cases, with interval and test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.intervals import Interval
from evaluation.stats.rank_correlation import Shuffles, centred_ranks, draw_shuffles, shuffle_p_value, spearman
from evaluation.stats.reweighting import Matrix, draw_weights, reweighted_interval
from evaluation.stats.vectors import Vector, is_constant

MIN_CASES = 8
"""Fewer are not tested."""
MOST_TO_RESAMPLE = 200
N_RESAMPLES = 1000
_N_GROUPS = 50
_NUMBERS_AT_ONCE = 1_000_000
_Z = 1.959963984540054
_CLOSEST_TO_ONE = 1 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A rank correlation."""

    value: float
    interval: Interval | None
    """95 %; None where every resample says the same."""
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What is drawn at random for correlations over some number of cases, once for all pairs of quantities."""

    shuffles: Shuffles | None
    """Orders of the cases for the test; None: it needs none."""
    resamples: tuple[Matrix, ...] | None
    """Weights of resamples; None: the interval is the jackknife's."""
    groups: NDArray[np.intp] | None
    """Group of each case for the jackknife."""


def draw(n_cases: int, rng: "np.random.Generator") -> Draws:
    """Return what correlations over this many cases draw at random.

    Args:
        n_cases: Number of cases.
        rng: Seed it to reproduce a report.
    """
    shuffles = draw_shuffles(n_cases, rng)
    if n_cases > MOST_TO_RESAMPLE:
        return Draws(shuffles=shuffles, resamples=None, groups=rng.permutation(n_cases) % _N_GROUPS)
    resamples = draw_weights(n_cases, rng, n_resamples=N_RESAMPLES, n_numbers_a_row=8 * n_cases)
    return Draws(shuffles=shuffles, resamples=tuple(resamples), groups=None)


def rank_correlation(x: Vector, y: Vector, draws: Draws) -> Correlation | None:
    """Return the correlation of two quantities over independent cases; None under 8, or where one does not vary.

    The test shuffles; from 1,001 cases on it is Student's.

    Args:
        x: Shape (n_cases,).
        y: Of the same cases.
        draws: Those of `draw` for as many cases.
    """
    if x.size < MIN_CASES or is_constant(x) or is_constant(y):
        return None
    p_value = shuffle_p_value(centred_ranks(x), centred_ranks(y), draws.shuffles)
    return Correlation(value=_spearman(x, y), interval=correlation_interval(x, y, draws), p_value=p_value)


def correlation_interval(x: Vector, y: Vector, draws: Draws) -> Interval | None:
    """Return the 95 % interval of the correlation; None where every resample says the same.

    A bootstrap over cases, which holds for binary values too, where formulas of Fisher's z do not; from 201 cases on,
    the delete-a-group jackknife of Fisher's z (50 groups; Shao & Tu 1995, The Jackknife and Bootstrap).
    """
    if draws.groups is not None:
        return _jackknifed(x, y, draws.groups)

    def statistic(weights: Matrix) -> Vector:
        return spearman(weights, x, y)

    return reweighted_interval(
        statistic,
        x.size,
        rng=np.random.default_rng(0),  # draws nothing: all is drawn
        n_resamples=N_RESAMPLES,
        confidence_level=0.95,
        draws=draws.resamples,
    )


def _spearman(x: Vector, y: Vector) -> float:
    return float(spearman(np.ones((1, x.size)), x, y)[0])


def _jackknifed(x: Vector, y: Vector, groups: NDArray[np.intp]) -> Interval | None:
    rows_at_once = max(1, _NUMBERS_AT_ONCE // x.size)
    left_out = np.concatenate(
        [
            spearman((groups != np.arange(first, min(first + rows_at_once, _N_GROUPS))[:, None]).astype(float), x, y)
            for first in range(0, _N_GROUPS, rows_at_once)
        ]
    )
    scaled = np.arctanh(np.clip(left_out, -_CLOSEST_TO_ONE, _CLOSEST_TO_ONE))
    error = float(np.sqrt((_N_GROUPS - 1) / _N_GROUPS * ((scaled - scaled.mean()) ** 2).sum()))
    if not np.isfinite(error) or error == 0:
        return None
    centre = float(np.arctanh(np.clip(_spearman(x, y), -_CLOSEST_TO_ONE, _CLOSEST_TO_ONE)))
    return Interval(float(np.tanh(centre - _Z * error)), float(np.tanh(centre + _Z * error)))
