"""What is learned: how far a candidate is from its mean on the task, case by case, beside how hard the case is for all.

quality = candidate's mean + difficulty of the case + deviation; the deviations of a case sum to zero over the
candidates, so that a hard case is no evidence against anybody. Cells that are missing are filled with what a ridge on
the other cells expects, and the difficulty is estimated again, a few times over (expectation-maximisation).
"""

from dataclasses import dataclass

import numpy as np

from selection.learning.quality_matrix import Integers
from selection.learning.ridge import fit_ridge, ridge_strength
from selection.scoreboards.two_way import Matrix, Vector, fit_two_way

ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Of the cases of all tasks."""

    deviation: Matrix
    """Shape (n_cases, n_candidates), every row sums to zero."""
    difficulty: Vector
    """How much better than on the task's average all of them do, shape (n_cases,)."""
    strength: float
    """Of the ridge on the deviations."""


def targets(features: Matrix, values: Matrix, tasks: Integers) -> Targets:
    """Return the targets of cases with these features.

    Args:
        features: Shape (n_cases, n_features).
        values: Qualities, shape (n_cases, n_candidates), NaN where missing; one at least in each row.
        tasks: Of each case, as numbers.
    """
    measured = np.isfinite(values)
    apart = _from_means(values, tasks)
    expected = np.zeros(values.shape)
    strength = 0.0
    for _ in range(1 if measured.all() else ROUNDS):
        difficulty = (measured * (apart - expected)).sum(axis=1) / measured.sum(axis=1)
        deviation = np.where(measured, apart - difficulty[:, None], expected)
        shared = deviation.mean(axis=1)
        deviation = deviation - shared[:, None]
        strength = strength or ridge_strength(features, deviation)
        if not measured.all():
            expected = fit_ridge(features, deviation, strength).predicted(features)
            expected -= expected.mean(axis=1, keepdims=True)
    return Targets(deviation=deviation, difficulty=difficulty + shared, strength=strength)


def _from_means(values: Matrix, tasks: Integers) -> Matrix:
    """Less each candidate's adjusted mean on the task; 0 where missing."""
    deviations = np.zeros(values.shape)
    for task in np.unique(tasks):
        rows = np.flatnonzero(tasks == task)
        candidates = np.flatnonzero(np.isfinite(values[rows]).any(axis=0))
        own = values[np.ix_(rows, candidates)]
        measured = np.isfinite(own)
        fit = fit_two_way(own.T, measured.T, np.ones(len(rows)))
        deviations[np.ix_(rows, candidates)] = np.where(measured, own - fit.mean, 0.0)
    return deviations
