"""Ridge regression of all candidates at once; the features are centred only here."""

from dataclasses import dataclass

import numpy as np

from selection.scoreboards.two_way import Matrix, Vector

STRENGTHS = tuple(float(strength) for strength in np.geomspace(0.1, 10_000, 18))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Linear:
    """A linear model: outputs are `features @ weights + intercept`."""

    weights: Matrix
    """Shape (n_features, n_outputs)."""
    intercept: Vector

    def predicted(self, features: Matrix) -> Matrix:
        """Return the outputs, shape (n_cases, n_outputs)."""
        return np.asarray(features @ self.weights + self.intercept, dtype=np.float64)

    @property
    def stacked(self) -> Matrix:
        """Weights with the intercept as their last row."""
        return np.vstack([self.weights, self.intercept])


def ridge_strength(features: Matrix, outputs: Matrix) -> float:
    """Return the penalty with the least leave-one-out error over all outputs."""
    from sklearn.linear_model import RidgeCV

    return float(RidgeCV(alphas=STRENGTHS).fit(features, outputs).alpha_)


def fit_ridge(features: Matrix, outputs: Matrix, strength: float, counts: Vector | None = None) -> Linear:
    """Fit the same model as `sklearn.linear_model.Ridge`, without the overhead of a call.

    Args:
        features: Shape (n_cases, n_features).
        outputs: Shape (n_cases, n_outputs).
        strength: Penalty on squared weights; the intercept has none.
        counts: Number of times that each case counts.
    """
    weight = np.ones(len(features)) if counts is None else counts
    middle, level = weight @ features / weight.sum(), weight @ outputs / weight.sum()
    apart = features - middle
    gram = (apart * weight[:, None]).T @ apart + strength * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, (apart * weight[:, None]).T @ (outputs - level))
    return Linear(weights=weights, intercept=level - middle @ weights)
