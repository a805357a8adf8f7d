"""What is learned: how far a candidate is from its mean on the task, case by case, beside how hard the case is for all.

quality = candidate's mean + difficulty of the case + deviation; the deviations of a case sum to zero over the
candidates, so that a hard case is no evidence against anybody. Cells that are missing are filled with what a ridge on
the other cells expects, and the difficulty is estimated anew, a few times over (expectation-maximisation).
"""

from dataclasses import dataclass

import numpy as np

from selection.learning.ridge import fit_ridge, ridge_strength
from selection.two_way import Matrix, Vector, fit_two_way

ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Of the cases of one task."""

    deviation: Matrix
    """Shape (n_cases, n_candidates), every row sums to zero."""
    difficulty: Vector
    """How much better than on average all of them do, shape (n_cases,)."""
    strength: float
    """Of the ridge that filled the gaps."""


def targets(features: Matrix, values: Matrix) -> Targets:
    """The targets of cases with these features.

    Args:
        features: Shape (n_cases, n_features).
        values: Qualities, shape (n_cases, n_candidates), NaN where missing; one at least in each row and column.
    """
    asked = np.isfinite(values)
    fit = fit_two_way(values.T, asked.T, np.ones(len(values)))
    apart = np.where(asked, values - fit.mean, 0.0)
    expected = np.zeros(values.shape)
    strength = 0.0
    for _ in range(ROUNDS):
        difficulty = (asked * (apart - expected)).sum(axis=1) / asked.sum(axis=1)
        deviation = np.where(asked, apart - difficulty[:, None], expected)
        shared = deviation.mean(axis=1, keepdims=True)
        deviation = deviation - shared
        if asked.all():
            break
        strength = strength or ridge_strength(features, deviation)
        expected = fit_ridge(features, deviation, strength).predicted(features)
        expected -= expected.mean(axis=1, keepdims=True)
    strength = strength or ridge_strength(features, deviation)
    return Targets(deviation=deviation, difficulty=difficulty + shared[:, 0], strength=strength)
