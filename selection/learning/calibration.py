"""Calibration of expectations: their distance from the outcomes, and the factor that shrinks deviations."""

import numpy as np

from selection.choosing.calibrated_quality import as_expected
from selection.scoreboards.two_way import Matrix, Vector

MIN_ANSWERS = 300
"""Number of answers below which expectations are not calibrated."""
PRIOR_ANSWERS, MOST_GROUPS = 50, 15
MOST = 1.5
"""Maximum factor by which deviations are stretched, where held-out cases show that they are too small."""


def centred(values: Matrix, measured: Matrix) -> Matrix:
    """Subtract the mean over the candidates asked, case by case; 0 where one was not asked."""
    means = np.where(measured, values, 0.0).sum(axis=1) / np.maximum(measured.sum(axis=1), 1)
    return np.where(measured, values - means[:, None], 0.0)


def slope(came: Matrix | Vector, expected: Matrix | Vector, *, most: float) -> float:
    """Return the factor on `expected` that brings it closest to the outcomes, between 0 and `most`."""
    square = float((expected**2).sum())
    return float(np.clip((came * expected).sum() / square, 0.0, most)) if square > 1e-12 else 0.0


def calibration_knots(expected: Vector, came: Vector) -> Vector:
    """Return knots that calibrate expectations to outcomes; shape (N_KNOTS,), never falling.

    Means of groups of expectations against outcomes, shrunk towards the expectation by `PRIOR_ANSWERS` answers, then
    made monotone by pooling neighbours (isotonic regression). Beyond the outermost group the line runs parallel to the
    expectation.

    Args:
        expected: Expectations on prompts that were not learned from.
        came: The qualities there, from 0 to 1.
    """
    from sklearn.isotonic import IsotonicRegression

    grid = as_expected()
    if len(came) < MIN_ANSWERS or came.min() < 0 or came.max() > 1:
        return grid
    groups = np.array_split(np.argsort(expected, kind="stable"), min(MOST_GROUPS, len(came) // PRIOR_ANSWERS))
    # Groups whose means are equal but for rounding are one: no line leads from one of them to the next.
    means, place = np.unique([round(float(expected[group].mean()), 9) for group in groups], return_inverse=True)
    sizes = np.bincount(place, [len(group) for group in groups])
    sums = np.bincount(place, [came[group].sum() for group in groups])
    reached = IsotonicRegression().fit_transform(
        means, (sums + PRIOR_ANSWERS * means) / (sizes + PRIOR_ANSWERS), sample_weight=sizes
    )
    beside = np.interp(grid, means, reached - means)
    return np.maximum.accumulate(np.clip(grid + beside, 0.0, 1.0))


def calibration_error(expected: Vector, came: Vector, *, n_bins: int = 10) -> float | None:
    """Return the expected calibration error: mean distance between expectation and outcome over bins of expectation.

    Bins of equal width on [0, 1], weighted by their size (Naeini et al. 2015). None where qualities are no fractions.
    """
    if not len(came) or came.min() < 0 or came.max() > 1:
        return None
    expected = np.clip(expected, 0.0, 1.0)
    place = np.minimum((expected * n_bins).astype(np.int64), n_bins - 1)
    apart = np.bincount(place, expected - came, minlength=n_bins)
    return float(np.abs(apart).sum() / len(came))
