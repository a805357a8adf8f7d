"""How large would a parameter's effect have to be for this many cases to show it? Said where none was found."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.sweeps.contrasts import Columns, Matrix, residual_columns

POWER = 0.8
_NO_SPREAD = 1e-9
_MOST = 1e6


def over_cases(effects: Matrix, columns: Columns, *, alpha: float) -> float | None:
    """Return the smallest difference between the ends of a parameter that is found with power .8; None without spread.

    Of a number, the ends of a straight rise; of a choice, two of its values with the others half-way between them.

    Args:
        effects: Each case's coefficients, shape (n_cases, n_columns), without NaN.
        columns: Of the parameter.
        alpha: Level of its test.
    """
    n_cases = len(effects)
    if n_cases < 2:
        return None
    errors = effects.std(axis=0, ddof=1) / np.sqrt(n_cases)
    error = float(errors[0] if columns.is_numeric else errors.mean())
    return _difference(error, columns, n_columns=effects.shape[1], freedom=n_cases - 1, alpha=alpha)


def over_answers(
    values: np.ndarray[Any, Any], others: Sequence[Matrix], own: Matrix, columns: Columns, *, alpha: float
) -> float | None:
    """Return the same where each answer is a piece of evidence; shape (n_answers,) and (n_answers, n_columns)."""
    constant = np.ones((len(values), 1))
    rest, extra = residual_columns(values, np.column_stack([constant, *others]), own)
    freedom = len(values) - np.linalg.matrix_rank(np.column_stack([constant, *others, own]))
    if freedom < 1:
        return None
    fitted = extra @ np.linalg.lstsq(extra, rest, rcond=None)[0]
    sigma = float(np.sqrt(((rest - fitted) ** 2).sum() / freedom))
    lengths = np.sqrt((extra**2).sum(axis=0))
    length = float(lengths[0] if columns.is_numeric else lengths.mean())
    if length <= _NO_SPREAD:
        return None
    return _difference(sigma / length, columns, n_columns=own.shape[1], freedom=int(freedom), alpha=alpha)


def _difference(error: float, columns: Columns, *, n_columns: int, freedom: int, alpha: float) -> float | None:
    """From the standard error of the first coefficient: how far its ends must be apart."""
    if error <= _NO_SPREAD:
        return None
    reach = float(np.ptp(columns.matrix[:, 0])) if columns.is_numeric else 2.0
    return reach * error * float(np.sqrt(_shift(n_columns, freedom, alpha)))


def _shift(n_columns: int, freedom: int, alpha: float) -> float:
    """Return the noncentrality at which an F test of that level has power .8."""
    from scipy.optimize import brentq
    from scipy.special import fdtri, ncfdtr

    limit = float(fdtri(n_columns, freedom, 1 - alpha))
    high = 1.0
    while high < _MOST and ncfdtr(n_columns, freedom, high, limit) > 1 - POWER:
        high *= 2
    if high >= _MOST:
        return high
    return float(brentq(lambda shift: ncfdtr(n_columns, freedom, shift, limit) - (1 - POWER), 0.0, high))
