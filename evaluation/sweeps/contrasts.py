"""Regression columns of sweep parameters, on which the scores of each case are regressed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.fingerprint import canonical_json
from evaluation.stats.vectors import Vector
from evaluation.sweeps.space import Combination, Parameter

Matrix = NDArray[np.float64]
_ALIKE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Design-matrix columns of a parameter, with one row for each combination."""

    name: str
    matrix: Matrix
    """Shape (n_combinations, n_columns): linear and quadratic terms of a number, or deviation coding of a choice."""
    is_numeric: bool

    @property
    def linear(self) -> Matrix:
        """The linear column alone; for a choice, all columns."""
        return self.matrix[:, :1] if self.is_numeric else self.matrix


def columns_of(parameter: Parameter, tried: Sequence[Combination]) -> Columns | None:
    """Return the columns of a parameter; None where only one value of it was tried."""
    values = [combination[parameter.name] for combination in tried]
    levels = list({canonical_json(value): value for value in values}.values())
    if len(levels) < 2:
        return None
    if not parameter.is_numeric:
        return Columns(name=parameter.name, matrix=_deviations(values, levels), is_numeric=False)
    line = _standardised(np.array(values, dtype=np.float64))
    if len(levels) == 2:
        return Columns(name=parameter.name, matrix=line[:, None], is_numeric=True)
    curve = line**2 - (line**2).mean()
    curve = curve - line * float(line @ curve) / float(line @ line)
    return Columns(name=parameter.name, matrix=np.column_stack([line, _standardised(curve)]), is_numeric=True)


def interaction_of(first: Columns, second: Columns) -> Matrix:
    """Return the products of two parameters' columns, without curves; shape (n_combinations, n_products)."""
    products = first.linear[:, :, None] * second.linear[:, None, :]
    return np.reshape(products, (products.shape[0], -1))


def _standardised(values: Vector) -> Vector:
    centred = values - values.mean()
    spread = float(np.sqrt((centred**2).mean()))
    standardised: Vector = centred / spread if spread > _ALIKE else centred
    return standardised


def _deviations(values: Sequence[object], levels: Sequence[object]) -> Matrix:
    """Return one column for every value but the last, which is -1 in all of them."""
    keys = [canonical_json(level) for level in levels]
    rows = np.vstack([np.eye(len(levels) - 1), -np.ones(len(levels) - 1)])
    columns: Matrix = rows[[keys.index(canonical_json(value)) for value in values]]
    return columns


def coefficients(scores: Matrix, design: Matrix) -> Matrix:
    """Return the regression coefficient of each column for the scores of each case; NaN where it cannot be estimated.

    Args:
        scores: Shape (n_combinations, n_cases), NaN where there is none.
        design: Shape (n_combinations, n_columns), without the constant.

    Returns:
        Shape (n_cases, n_columns), by least squares within each case.
    """
    full = np.column_stack([np.ones(len(design)), design])
    is_scored = ~np.isnan(scores)
    slopes = np.full((scores.shape[1], design.shape[1]), np.nan)
    whole = is_scored.all(axis=0)
    if np.linalg.matrix_rank(full) < full.shape[1]:
        return slopes
    if whole.any():
        slopes[whole] = (np.linalg.pinv(full) @ scores[:, whole]).T[:, 1:]
    for case in np.flatnonzero(~whole):
        rows = is_scored[:, case]
        if rows.sum() >= full.shape[1] and np.linalg.matrix_rank(full[rows]) == full.shape[1]:
            slopes[case] = np.linalg.lstsq(full[rows], scores[rows, case], rcond=None)[0][1:]
    return slopes


def joint_p_value(effects: Matrix, *, rng: "np.random.Generator", n_flips: int = 4999) -> float | None:
    """Test the columns' joint effect on the scores by flipping the signs of whole cases; None for too few of them.

    The statistic is the sum over columns of (mean / standard error) squared. p = (1 + hits) / (1 + flips).

    Args:
        effects: Shape (n_units, n_columns), without NaN.
        rng: Seed it to reproduce a report.
        n_flips: Number of random flips.
    """
    n_units = len(effects)
    if n_units < 2:
        return None
    used = effects[:, np.abs(effects).max(axis=0) > _ALIKE] if effects.size else effects
    if used.size == 0:
        return 1.0
    observed = _statistic(np.ones((1, n_units)), used)[0]
    hits = done = 0
    at_once = max(1, 4_000_000 // (n_units * used.shape[1]))
    while done < n_flips:
        rows = min(at_once, n_flips - done)
        signs = rng.integers(0, 2, size=(rows, n_units)).astype(np.float64) * 2 - 1
        hits += int((_statistic(signs, used) >= observed * (1 - _ALIKE)).sum())
        done += rows
    return (1 + hits) / (1 + n_flips)


def _statistic(signs: Matrix, effects: Matrix) -> Vector:
    """Return the sum over columns of squared t values for each row of signs."""
    n = len(effects)
    means = signs @ effects / n
    variances = (effects**2).mean(axis=0) - means**2
    squared: Vector = (means**2 / np.maximum(variances, _ALIKE**2)).sum(axis=1)
    return squared


def partial_p_value(
    values: Vector, others: Matrix, own: Matrix, *, rng: "np.random.Generator", n_shuffles: int = 4999
) -> float | None:
    """Test a parameter's columns for an effect beyond all other columns, with independent answers.

    Residuals of the other columns are shuffled (Freedman and Lane 1983, doi:10.1080/07350015.1983.10509354); the
    statistic is what the columns explain of the rest. p = (1 + hits) / (1 + shuffles). None for too few answers.

    Args:
        values: One an answer, shape (n,).
        others: The other parameters' columns, shape (n, n_others).
        own: The parameter's, shape (n, n_own).
        rng: Seed it to reproduce a report.
        n_shuffles: Number of random shuffles.
    """
    small = _basis(np.column_stack([np.ones((len(values), 1)), others]))
    extra = own - small @ (small.T @ own)
    added = _basis(extra)
    if added.shape[1] < own.shape[1] or len(values) <= small.shape[1] + added.shape[1] + 1:
        return None
    rest = values - small @ (small.T @ values)
    if float(np.abs(rest).max(initial=0.0)) <= _ALIKE:
        return 1.0

    def explained(residuals: Matrix) -> Vector:
        left = residuals - small @ (small.T @ residuals)
        by_own = ((added.T @ left) ** 2).sum(axis=0)
        share: Vector = by_own / np.maximum((left**2).sum(axis=0), _ALIKE**2)
        return share

    observed = float(explained(rest[:, None])[0])
    shuffled = np.column_stack([rng.permutation(rest) for _ in range(n_shuffles)])
    return (1 + int((explained(shuffled) >= observed * (1 - _ALIKE)).sum())) / (1 + n_shuffles)


def residual_columns(values: Vector, others: Matrix, own: Matrix) -> tuple[Vector, Matrix]:
    """Return the residuals of the values, shape (n,), and of the parameter's own columns, (n, n_own), on the others."""
    small = _basis(others)
    return values - small @ (small.T @ values), own - small @ (small.T @ own)


def _basis(columns: Matrix) -> Matrix:
    """Return orthonormal columns with the same span, shape (n, rank)."""
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    basis: Matrix = left[:, sizes > _ALIKE * max(1.0, float(sizes.max(initial=0.0)))]
    return basis
