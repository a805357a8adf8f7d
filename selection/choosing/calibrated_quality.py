"""Calibration of the reported expected quality, by outcomes on prompts that were not learned from.

Expectations are mapped by a piecewise linear curve through knots at equal distances between 0 and 1. It never falls, so
that it changes no order of candidates; it may be level, so no decision is based on it.
"""

import numpy as np

from selection.scoreboards.two_way import Matrix, Vector

N_KNOTS = 21


def as_expected() -> Vector:
    """Return the knots of the identity, which reports expectations unchanged."""
    return np.linspace(0.0, 1.0, N_KNOTS)


def calibrated(expected: Vector | Matrix, knots: Vector | None) -> Vector | Matrix:
    """Return the calibrated expectations; unchanged without knots, and NaN where they are NaN."""
    if knots is None:
        return expected
    return np.where(np.isfinite(expected), np.interp(expected, as_expected(), knots), np.nan)
