"""How far apart are two candidates on what both were asked, and how sure is that?

Paired by family: families are what was sampled, so that several cases of one are one piece of evidence
(Miller 2024, arXiv:2411.00640). Within a family that two were not asked alike, values are adjusted for the cases.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from selection.two_way import Mask, Matrix

MIN_PAIRS = 6
"""Common families under which nothing is told apart: no exact two-sided test of fewer can reach 5 %."""


class Contrasts(NamedTuple):
    """Row minus column, shape (n_candidates, n_candidates); NaN where they share no family."""

    difference: Matrix
    se: Matrix
    n_pairs: NDArray[np.int64]


def paired_contrasts(values: Matrix, measured: Mask) -> Contrasts:
    """All pairs at once.

    The standard error is that of the mean after two more pairs that speak for either side (Bonett & Price 2012,
    doi:10.3102/1076998611411915), for differences of any size: they are as large as those that are not zero,
    sqrt(sum d⁴ / sum d²). Without them a handful of discordant pairs passes for proof.

    Args:
        values: Of each family, shape (n_candidates, n_families).
        measured: Where there is one.
    """
    present = measured.astype(np.float64)
    z = np.where(measured, values, 0.0)
    z2, z3 = z**2, z**3
    n = present @ present.T
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second, fourth = z @ present.T, z2 @ present.T, (z2 * z2) @ present.T
        cubes = z3 @ z.T
        difference = (first - first.T) / n
        squares = np.maximum(second + second.T - 2 * z @ z.T, 0.0)
        fourths = np.maximum(fourth + fourth.T - 4 * (cubes + cubes.T) + 6 * z2 @ z2.T, 0.0)
        noise = squares <= 1e-12 * n
        size2 = np.where(noise, np.nan, fourths / squares)
        spread = np.where(noise, 0.0, np.maximum(squares - n * difference**2, 0.0))
        se = np.sqrt(spread + 2 * np.where(noise, _usual(size2), size2)) / n
    np.fill_diagonal(difference, 0.0)
    np.fill_diagonal(se, 0.0)
    return Contrasts(np.where(n > 0, difference, np.nan), np.where(n > 0, se, np.nan), n.astype(np.int64))


def _usual(size2: Matrix) -> float:
    """For two that never differed: how large differences are elsewhere on the task."""
    known = size2[np.isfinite(size2)]
    return float(np.median(known)) if known.size else 0.0
