"""Confirmation of a race's winner against the runner-up on cases that neither has seen.

The cases of the race selected the winner, so its scores on them are biased upwards; its scores on unseen cases are not.
After a race by evidence the winner need only be ahead on the unseen cases. That still matters: if two candidates are
equally good, each may be dropped with probability alpha, and in either case the remaining one is ahead on unseen cases
at most half of the time, so one of two equal candidates is named the winner with probability at most 2 · alpha · 1/2 =
alpha. After halving, which guarantees nothing, the winner must be ahead by a one-sided test at alpha on the unseen
cases alone.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evaluation.races.grid import Grid
from evaluation.races.ranking import runner_up
from evaluation.races.rules import Method
from evaluation.races.schedule import n_held_out
from evaluation.races.state import RaceState
from evaluation.stats.pair_comparison import PairComparison, compare_pair

POWER = 0.95
"""Probability that halving's test detects a difference about as large as the race's."""
SURE_TO_BE_AHEAD = 0.95
"""Probability that such a difference shows in its sign."""
LUCKIEST = 3.0
"""Largest factor by which the race's difference is assumed to be overestimated."""
FEWEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Comparison of the winner with the runner-up on unseen cases."""

    winner: str
    """Label of the candidate."""
    runner_up: str
    n_cases: int
    difference: float | None
    """Winner less runner-up, in the metric's unit; None if no case has both scores."""
    low: float | None
    high: float | None
    p_value: float
    """One-sided: probability of a lead at least as large if both were equally good."""
    needed: float | None
    """Largest accepted p-value; None if a lead is enough."""
    is_confirmed: bool
    span: float = 1.0
    """Range of the metric: its greatest less its least value."""


def n_to_confirm(state: RaceState, grid: Grid) -> int:
    """Return how many unseen cases would confirm a difference like the race's, at most those that the benchmark has."""
    most = min(n_held_out(state.rules, state.n_pool), state.n_pool - state.n_asked)
    second = runner_up(state, grid)
    if second is None or most <= 0:
        return 0
    seen = grid.differences(state.alive[0], second)
    if not seen.size or float(seen.mean()) <= 0:
        return most
    gap = _less_flattering(seen)
    normal = NormalDist()
    if state.rules.method is Method.HALVING:
        z = normal.inv_cdf(1 - state.rules.alpha) + normal.inv_cdf(POWER)
    else:
        z = normal.inv_cdf(SURE_TO_BE_AHEAD)
    return min(most, max(FEWEST, math.ceil(z * z * float(seen.var()) / gap**2)))


def _less_flattering(seen: NDArray[np.float64]) -> float:
    """Return the mean difference less a standard error: the first among many was lucky too."""
    mean = float(seen.mean())
    return max(mean - float(seen.std()) / math.sqrt(seen.size), mean / LUCKIEST)


def confirmation(state: RaceState, grid: Grid, *, seed: int) -> Confirmation | None:
    """Return the result of the unseen cases; None where none were asked.

    Args:
        state: After the confirmation's block.
        grid: All scores.
        seed: The race's.
    """
    second = runner_up(state, grid)
    if state.n_confirmed is None or second is None:
        return None
    (first,) = state.alive
    comparison = _compared(
        grid, first, second, unseen=slice(state.n_asked, state.n_asked + state.n_confirmed), seed=seed
    )
    ahead = (comparison.difference or 0.0) > 0
    p_value = (comparison.p_value or 1.0) / 2 if ahead else 1.0
    needed = state.rules.alpha if state.rules.method is Method.HALVING else None
    return Confirmation(
        winner=state.runners[first].label,
        runner_up=state.runners[second].label,
        n_cases=comparison.n_pairs,
        difference=_scaled(comparison.difference, grid.span),
        low=_scaled(comparison.low, grid.span),
        high=_scaled(comparison.high, grid.span),
        p_value=p_value,
        needed=needed,
        is_confirmed=ahead and (needed is None or p_value <= needed),
        span=grid.span,
    )


def _compared(grid: Grid, first: int, second: int, *, unseen: slice, seed: int) -> PairComparison:
    sides = [
        {str(case): float(value) for case, value in enumerate(grid.values[unseen, place]) if np.isfinite(value)}
        for place in (first, second)
    ]
    return compare_pair(*sides, rng=np.random.default_rng(seed), beside=False, largest_difference=1.0)


def _scaled(value: float | None, span: float) -> float | None:
    return None if value is None else value * span
