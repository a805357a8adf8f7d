"""Do expectations hold: how far is what was expected from what came, and by how much must deviations be shrunk?"""

import numpy as np

from selection.standing.two_way import Matrix, Vector

MOST = 1.5
"""Deviations are at most stretched by half, where held-out cases say that they are too timid."""


def centred(values: Matrix, asked: Matrix) -> Matrix:
    """Less their mean over the candidates asked, case by case; 0 where one was not asked."""
    means = np.where(asked, values, 0.0).sum(axis=1) / np.maximum(asked.sum(axis=1), 1)
    return np.where(asked, values - means[:, None], 0.0)


def slope(came: Matrix | Vector, expected: Matrix | Vector, *, most: float) -> float:
    """What `expected` must be multiplied with to lie closest to what came, between 0 and `most`."""
    square = float((expected**2).sum())
    return float(np.clip((came * expected).sum() / square, 0.0, most)) if square > 1e-12 else 0.0


def calibration_error(expected: Vector, came: Vector, *, n_bins: int = 10) -> float | None:
    """Expected calibration error: mean distance between expectation and outcome over bins of expectation.

    Bins of equal width on [0, 1], weighted by their size (Naeini et al. 2015). None where qualities are no fractions.
    """
    if not len(came) or came.min() < 0 or came.max() > 1:
        return None
    expected = np.clip(expected, 0.0, 1.0)
    place = np.minimum((expected * n_bins).astype(np.int64), n_bins - 1)
    apart = np.bincount(place, expected - came, minlength=n_bins)
    return float(np.abs(apart).sum() / len(came))
