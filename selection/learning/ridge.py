"""Linear models of all candidates at once, by scikit-learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from selection.two_way import Matrix, Vector

STRENGTHS = tuple(float(strength) for strength in np.geomspace(0.1, 3_000, 16))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedRidge:
    """The estimator and its arrays."""

    estimator: Any
    """`sklearn.linear_model.Ridge`."""
    weights: Matrix
    """Shape (n_features, n_outputs)."""
    intercept: Vector

    def predicted(self, features: Matrix) -> Matrix:
        """Shape (n_cases, n_outputs)."""
        return np.asarray(features @ self.weights + self.intercept, dtype=np.float64)


def ridge_strength(features: Matrix, outputs: Matrix) -> float:
    """The penalty with the least leave-one-out error over all outputs."""
    from sklearn.linear_model import RidgeCV

    return float(RidgeCV(alphas=STRENGTHS).fit(features, outputs).alpha_)


def fit_ridge(features: Matrix, outputs: Matrix, strength: float, counts: Vector | None = None) -> FittedRidge:
    """The ridge of this penalty; `counts` says how often each case is taken."""
    from sklearn.linear_model import Ridge

    estimator = Ridge(alpha=strength).fit(features, outputs, sample_weight=counts)
    return FittedRidge(estimator=estimator, weights=estimator.coef_.T, intercept=np.asarray(estimator.intercept_))
