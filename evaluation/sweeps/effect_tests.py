"""Tests of a parameter's effect on the scores, over cases that all combinations share or over single answers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.vectors import Vector
from evaluation.sweeps.contrasts import (
    Columns,
    Matrix,
    coefficients,
    interaction_of,
    joint_p_value,
    partial_p_value,
    residual_columns,
)

POWER = 0.8
_NO_SPREAD = 1e-9
_MOST = 1e6


def over_cases(effects: Matrix, columns: Columns, *, alpha: float) -> float | None:
    """Return the smallest difference between a parameter's ends that is detected with power .8; None without spread.

    For a number, the ends of a linear rise; for a choice, two of its values with the others half-way between them.

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
    """Return what `over_cases` does, for independent answers; shape (n_answers,) and (n_answers, n_columns)."""
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
    """Return how far the ends must be apart, from the standard error of the first coefficient."""
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


MIN_UNITS = 6
"""With fewer cases, no test here can reach p < .05."""
N_DRAWS = 4999
"""Random sign flips or permutations for each p-value."""


class Evidence(ABC):
    """Scores, and the parameters that may affect them."""

    def __init__(self, scores: Matrix, varied: Sequence[Columns], *, n_draws: int = N_DRAWS) -> None:
        self.n_draws = n_draws
        self.notes: list[str] = []
        self.scores, self.varied = scores, varied
        has_curves = len(scores) > sum(columns.matrix.shape[1] for columns in varied)
        self.used = [columns.matrix if has_curves else columns.linear for columns in varied]
        if varied and not has_curves:
            self.notes.append("too few combinations for curves: only straight lines are looked for")

    def effect(self, place: int, *, rng: "np.random.Generator") -> float | None:
        """Return the p-value of the parameter at that place, adjusted for all others; None if it cannot be computed."""
        others = [used for index, used in enumerate(self.used) if index != place]
        return self._p_value(others, self.used[place], rng=rng)

    def line(self, place: int, *, rng: "np.random.Generator") -> float | None:
        """Return the p-value of the parameter's linear part, with its curve among the other columns."""
        own = self.used[place]
        others = [used for index, used in enumerate(self.used) if index != place]
        return self._p_value([*others, own[:, 1:]], own[:, :1], rng=rng)

    def interaction(self, first: int, second: int, *, rng: "np.random.Generator") -> float | None:
        """Return the p-value of the products of two parameters, adjusted for all parameters."""
        products = interaction_of(self.varied[first], self.varied[second])
        return self._p_value([columns.matrix for columns in self.varied], products, rng=rng)

    def detectable(self, place: int, *, alpha: float) -> float | None:
        """Return how far the ends of the parameter must be apart to be detected with power .8.

        None where it is not tested.
        """
        others = [used for index, used in enumerate(self.used) if index != place]
        return self._detectable(others, self.used[place], self.varied[place], alpha=alpha)

    @abstractmethod
    def _p_value(self, others: Sequence[Matrix], own: Matrix, *, rng: "np.random.Generator") -> float | None: ...

    @abstractmethod
    def _detectable(self, others: Sequence[Matrix], own: Matrix, columns: Columns, *, alpha: float) -> float | None: ...


class OverCases(Evidence):
    """Evidence where every combination was asked the same cases: effects are tested within each case."""

    def __init__(self, scores: Matrix, varied: Sequence[Columns], *, n_draws: int = N_DRAWS) -> None:
        super().__init__(scores, varied, n_draws=n_draws)
        self._found: dict[bytes, Matrix] = {}
        if 0 < scores.shape[1] < MIN_UNITS:
            self.notes.append(f"{scores.shape[1]} cases are too few to test a parameter (at least {MIN_UNITS})")

    def _p_value(self, others: Sequence[Matrix], own: Matrix, *, rng: "np.random.Generator") -> float | None:
        effects = self._effects(others, own)
        return joint_p_value(effects, rng=rng, n_flips=self.n_draws) if effects is not None else None

    def _detectable(self, others: Sequence[Matrix], own: Matrix, columns: Columns, *, alpha: float) -> float | None:
        effects = self._effects(others, own)
        return over_cases(effects, columns, alpha=alpha) if effects is not None else None

    def _effects(self, others: Sequence[Matrix], own: Matrix) -> Matrix | None:
        """Return the parameter's coefficients in each case that allows to estimate them; None for too few of those."""
        if self.scores.shape[1] < MIN_UNITS:
            return None
        # What stands first and what last makes no difference to any column: one computation serves all parameters.
        stacked = np.column_stack([*others, own])
        order = np.lexsort(stacked[::-1])
        key = stacked[:, order].tobytes()
        if key not in self._found:
            self._found[key] = coefficients(self.scores, stacked[:, order])
        per_case = self._found[key][:, np.argsort(order)][:, -own.shape[1] :]
        usable = per_case[~np.isnan(per_case).any(axis=1)]
        return usable if len(usable) >= MIN_UNITS else None


class OverAnswers(Evidence):
    """Evidence from repeats of a single prompt: each answer is one piece, and conclusions hold for that prompt only."""

    def __init__(self, scores: Matrix, varied: Sequence[Columns], *, n_draws: int = N_DRAWS) -> None:
        super().__init__(scores, varied, n_draws=n_draws)
        self._known = ~np.isnan(scores)

    def _p_value(self, others: Sequence[Matrix], own: Matrix, *, rng: "np.random.Generator") -> float | None:
        rows, values = self._answers
        stacked = np.column_stack([np.empty((len(self.scores), 0)), *others])
        return partial_p_value(values, stacked[rows], own[rows], rng=rng, n_shuffles=self.n_draws)

    def _detectable(self, others: Sequence[Matrix], own: Matrix, columns: Columns, *, alpha: float) -> float | None:
        rows, values = self._answers
        return over_answers(values, [other[rows] for other in others], own[rows], columns, alpha=alpha)

    @property
    def _answers(self) -> tuple[NDArray[np.intp], Vector]:
        """Return the combination and the score of each answer."""
        return np.nonzero(self._known)[0], self.scores[self._known]
