"""Does a parameter go with the scores beyond chance? Over cases that all combinations share, or over single answers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.vectors import Vector
from evaluation.sweeps.contrasts import Columns, Matrix, coefficients, interaction_of, joint_p_value, partial_p_value
from evaluation.sweeps.detectable_effects import over_answers, over_cases

MIN_UNITS = 6
"""With fewer cases no test here can reach p < .05."""
N_DRAWS = 4999
"""Of signs, or of orders, for one p-value."""


class Evidence(ABC):
    """Scores, and the parameters that may go with them."""

    def __init__(self, scores: Matrix, varied: Sequence[Columns], *, n_draws: int = N_DRAWS) -> None:
        self.n_draws = n_draws
        self.notes: list[str] = []
        self.scores, self.varied = scores, varied
        has_curves = len(scores) > sum(columns.matrix.shape[1] for columns in varied)
        self.used = [columns.matrix if has_curves else columns.linear for columns in varied]
        if varied and not has_curves:
            self.notes.append("too few combinations for curves: only straight lines are looked for")

    def effect(self, place: int, *, rng: np.random.Generator) -> float | None:
        """Return the p-value of the parameter at that place, beside all others; None where it cannot be had."""
        others = [used for index, used in enumerate(self.used) if index != place]
        return self._p_value(others, self.used[place], rng=rng)

    def line(self, place: int, *, rng: np.random.Generator) -> float | None:
        """Return the same of its straight line, the curve standing with the others."""
        own = self.used[place]
        others = [used for index, used in enumerate(self.used) if index != place]
        return self._p_value([*others, own[:, 1:]], own[:, :1], rng=rng)

    def interaction(self, first: int, second: int, *, rng: np.random.Generator) -> float | None:
        """Return the same of the products of two parameters, beside all of them."""
        products = interaction_of(self.varied[first], self.varied[second])
        return self._p_value([columns.matrix for columns in self.varied], products, rng=rng)

    def detectable(self, place: int, *, alpha: float) -> float | None:
        """Return how far the ends of the parameter must be apart to be found with power .8.

        None where it is not tested.
        """
        others = [used for index, used in enumerate(self.used) if index != place]
        return self._detectable(others, self.used[place], self.varied[place], alpha=alpha)

    @abstractmethod
    def _p_value(self, others: Sequence[Matrix], own: Matrix, *, rng: np.random.Generator) -> float | None: ...

    @abstractmethod
    def _detectable(self, others: Sequence[Matrix], own: Matrix, columns: Columns, *, alpha: float) -> float | None: ...


class OverCases(Evidence):
    """Every combination was asked the same cases: what a parameter does is seen within each case."""

    def __init__(self, scores: Matrix, varied: Sequence[Columns], *, n_draws: int = N_DRAWS) -> None:
        super().__init__(scores, varied, n_draws=n_draws)
        self._found: dict[bytes, Matrix] = {}
        if 0 < scores.shape[1] < MIN_UNITS:
            self.notes.append(f"{scores.shape[1]} cases are too few to test a parameter (at least {MIN_UNITS})")

    def _p_value(self, others: Sequence[Matrix], own: Matrix, *, rng: np.random.Generator) -> float | None:
        effects = self._effects(others, own)
        return joint_p_value(effects, rng=rng, n_flips=self.n_draws) if effects is not None else None

    def _detectable(self, others: Sequence[Matrix], own: Matrix, columns: Columns, *, alpha: float) -> float | None:
        effects = self._effects(others, own)
        return over_cases(effects, columns, alpha=alpha) if effects is not None else None

    def _effects(self, others: Sequence[Matrix], own: Matrix) -> Matrix | None:
        """Return the parameter's coefficients in each case that can tell them; None for too few of those."""
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
    """A single prompt, asked several times: each answer is a piece of evidence, and all holds for that prompt alone."""

    def __init__(self, scores: Matrix, varied: Sequence[Columns], *, n_draws: int = N_DRAWS) -> None:
        super().__init__(scores, varied, n_draws=n_draws)
        self._known = ~np.isnan(scores)

    def _p_value(self, others: Sequence[Matrix], own: Matrix, *, rng: np.random.Generator) -> float | None:
        rows, values = self._answers
        stacked = np.column_stack([np.empty((len(self.scores), 0)), *others])
        return partial_p_value(values, stacked[rows], own[rows], rng=rng, n_shuffles=self.n_draws)

    def _detectable(self, others: Sequence[Matrix], own: Matrix, columns: Columns, *, alpha: float) -> float | None:
        rows, values = self._answers
        return over_answers(values, [other[rows] for other in others], own[rows], columns, alpha=alpha)

    @property
    def _answers(self) -> tuple[NDArray[np.intp], Vector]:
        """The combination that each answer was given by, and its score."""
        return np.nonzero(self._known)[0], self.scores[self._known]
