"""How far must a z statistic be from 0 at each of a few planned looks, that all looks together keep their promise?

Bounds c·t^(Δ - 1/2) at the share t of the planned cases: Δ = 0 is O'Brien and Fleming's, which hardly spends anything
on early looks; Δ = 1/2 is Pocock's, the same at every look. The constant c solves P(any look beyond its bound) = α by
recursive integration over the statistic of one look given that of the look before (Armitage, McPherson and Rowe 1969).
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import cache

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.stats.intervals import crossing
from evaluation.stats.vectors import Vector

_LEAST_NODES = 64
_NODES_PER_STEP = 16
_CLOSEST_LOOKS = 0.001
_FARTHEST_Z = 9.0


class Design(StrEnum):
    """How the error is spent over the looks."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"


_DELTA = {Design.OBRIEN_FLEMING: 0.0, Design.POCOCK: 0.5}


def group_sequential_bounds(
    n_looks: int,
    *,
    design: Design = Design.OBRIEN_FLEMING,
    alpha: float = 0.05,
    fractions: Sequence[float] | None = None,
) -> tuple[float, ...]:
    """Return the |z| at which to stop at each look, two-sided.

    Args:
        n_looks: How often one will look, the last time included.
        design: How the error is spent.
        alpha: Chance of stopping at any of the looks where nothing is to be found.
        fractions: The share of all planned cases that each look has, rising to 1; equal steps where not given.

    Raises:
        ConfigurationError: no look, an alpha outside (0, 1), or fractions that do not rise to 1.
    """
    shares = _checked_fractions(n_looks, fractions)
    if not 0 < alpha < 1:
        raise ConfigurationError(f"alpha={alpha!r} must lie between 0 and 1", "for 5 % write 0.05")
    shape = shares ** (_DELTA[design] - 0.5)
    constant = crossing(lambda c: _crossing(c * shape, shares) - alpha, 0.0, _FARTHEST_Z)
    return tuple((constant * shape).tolist())


def crossing_probability(bounds: Sequence[float], *, fractions: Sequence[float] | None = None) -> float:
    """Return the chance that |z| lies beyond its bound at any of the looks, where nothing is to be found."""
    return _crossing(np.asarray(bounds, dtype=np.float64), _checked_fractions(len(bounds), fractions))


def _checked_fractions(n_looks: int, fractions: Sequence[float] | None) -> Vector:
    if n_looks < 1:
        raise ConfigurationError(f"n_looks={n_looks!r} must be at least 1", "the last look counts too")
    shares = np.arange(1, n_looks + 1) / n_looks if fractions is None else np.asarray(fractions, dtype=np.float64)
    is_rising = shares.size == n_looks and shares[0] > 0 and shares[-1] == 1
    if not is_rising or (np.diff(shares) < _CLOSEST_LOOKS * (1 - 1e-9)).any():
        raise ConfigurationError(
            f"fractions={fractions!r} must be {n_looks} numbers that rise from above 0 to 1, by .001 or more",
            "leave them out for equal steps",
        )
    return shares


def _crossing(bounds: Vector, shares: Vector) -> float:
    """Return one less the chance that the sum of the scores, a walk with variance t at the share t, stays inside."""
    limits = np.minimum(bounds, _FARTHEST_Z) * np.sqrt(shares)
    steps = np.sqrt(np.diff(shares, prepend=0.0))
    points, weights = _quadrature(float(steps[1:].min(initial=1.0)))
    places, density = np.zeros(1), np.ones(1)
    for limit, step in zip(limits, steps, strict=True):
        reached = points * limit
        density = _normal((reached[:, None] - places) / step) @ density / step * weights * limit
        places = reached
    return float(1 - density.sum())


@cache
def _quadrature(step: float) -> tuple[Vector, Vector]:
    """Return the points in [-1, 1] and their weights, so many that they lie closer than the smallest step spreads."""
    points, weights = np.polynomial.legendre.leggauss(_LEAST_NODES + round(_NODES_PER_STEP / step))
    return points, weights


def _normal(z: Vector) -> Vector:
    density: Vector = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    return density
