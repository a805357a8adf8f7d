"""Additive two-way fit: the quality of each candidate on all columns, also on those that it was not asked.

Least squares, value = column + candidate, in closed form: the columns are eliminated and the candidates solve `L a = b`
with the graph Laplacian `L` of which candidates share columns. A candidate that was asked the hard half only is thus
compared with the others' results on that half.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoWayFit:
    """Two-way fit and its parts; candidates in rows, columns as given."""

    level: float
    """Weighted mean of the column effects."""
    column: Vector
    effect: Vector
    """Effect of each candidate; effects of candidates that share columns sum to about zero."""
    residual: Matrix
    """Residuals; zero where nothing was measured."""
    effect_influence: Matrix
    """Influence of each column on each effect, which gives the effect's error from the random choice of columns."""
    mean_influence: Matrix
    """The same for `level + effect`."""
    pooled_variance: float
    """Variance of a residual over all candidates; NaN where too little is left to estimate it."""
    unit_variance: Vector
    """Variance of each effect if that of a residual is 1."""
    reach: Vector
    """Share of the columns' weight that a candidate is linked to by common columns; below 1 the fit is disconnected."""

    @property
    def mean(self) -> Vector:
        """Expectation of each candidate over all columns."""
        return self.level + self.effect


def fit_two_way(values: Matrix, measured: Mask, weights: Vector) -> TwoWayFit:
    """Return the additive fit of `values` where `measured`.

    Args:
        values: Shape (n_candidates, n_columns); arbitrary where nothing was measured.
        measured: Which values were measured: at least one in every row and in every column.
        weights: Weight of each column.
    """
    cells = measured * weights
    y = np.where(measured, values, 0.0)
    per_column = measured.sum(axis=0)
    own_mean = y.sum(axis=0) / per_column
    shared = (cells / per_column) @ measured.T
    inverse = _inverse_laplacian(np.diag(cells.sum(axis=1)) - shared)
    effect = inverse @ (cells * (y - own_mean)).sum(axis=1)
    column = own_mean - effect @ measured / per_column
    residual = np.where(measured, y - column - effect[:, None], 0.0)
    total = weights.sum()
    level = float(weights @ column / total)
    score = cells * residual
    effect_influence = inverse @ score
    back = (measured / per_column) @ weights / total
    mean_influence = weights * (column - level) / total + effect_influence - back @ effect_influence
    return TwoWayFit(
        level=level,
        column=column,
        effect=effect,
        residual=residual,
        effect_influence=effect_influence,
        mean_influence=mean_influence,
        pooled_variance=_pooled_variance(cells, residual),
        unit_variance=np.diag(inverse).copy(),
        reach=_reach(shared > 0, measured, weights),
    )


def _inverse_laplacian(laplacian: Matrix) -> Matrix:
    """Return the pseudo-inverse; components that share no column each get effects around zero."""
    return np.asarray(np.linalg.pinv(laplacian, rcond=1e-10, hermitian=True), dtype=np.float64)


def _pooled_variance(cells: Matrix, residual: Matrix) -> float:
    n_candidates, n_columns = cells.shape
    freedom = int((cells > 0).sum()) - n_candidates - n_columns + 1
    return float((cells * residual**2).sum() / freedom) if freedom > 0 else float("nan")


def _reach(linked: Mask, measured: Mask, weights: Vector) -> Vector:
    """Return the share of the columns' weight in each candidate's connected component."""
    reached = linked | np.eye(len(linked), dtype=bool)
    while True:
        further = (reached.astype(np.float64) @ reached) > 0
        if (further == reached).all():
            break
        reached = further
    columns = (reached.astype(np.float64) @ measured) > 0
    return np.asarray(columns @ weights / weights.sum(), dtype=np.float64)
