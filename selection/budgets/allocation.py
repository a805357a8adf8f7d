"""Choice of a candidate for each of many questions, under a budget for the cost of all answers together.

Maximise the sum of `quality[i, x_i]` where the sum of `cost[i, x_i]` is at most the budget. At a multiplier λ (points
of quality that a dollar must buy) each question gets `argmax_j quality[i, j] - λ cost[i, j]`; the smallest λ that keeps
the budget leaves a gap to the optimum of at most one question's next better choice (Sinha & Zoltners 1979,
doi:10.1287/opre.27.3.503).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import SelectionError
from evaluation.formatting import rounded_to_hold, usd, usd_beyond

Floats = NDArray[np.float64]
Choices = NDArray[np.int64]
_HALVINGS = 80
_LEEWAY = 1e-12
"""Relative tolerance: sums of floats in another order must not count as overspending."""


def at_multiplier(quality: Floats, cost: Floats, multiplier: float) -> Choices:
    """Return each question's candidate at a multiplier, the cheaper of equals; shape (n_questions,).

    Args:
        quality: Expected quality, shape (n_questions, n_candidates).
        cost: US dollars, the same shape.
        multiplier: Quality that a dollar has to buy, from 0 (the best at any cost) to infinity (the cheapest).
    """
    if math.isinf(multiplier):
        cheapest = cost <= cost.min(axis=1, keepdims=True)
        return _first_largest(np.where(cheapest, quality, -np.inf))
    value = quality - multiplier * cost
    best = value.max(axis=1, keepdims=True)
    equal = value >= best - _LEEWAY * np.maximum(1.0, np.abs(best))
    return _first_largest(-np.where(equal, cost, np.inf))


def _first_largest(value: Floats) -> Choices:
    choices: Choices = np.argmax(value, axis=1)
    return choices


def smallest_multiplier(quality: Floats, cost: Floats, budget: float, *, weight: Floats | None = None) -> float:
    """Return the smallest multiplier at which all choices together fit the budget; infinity where none does.

    Args:
        quality: Expected quality, shape (n_questions, n_candidates).
        cost: US dollars, the same shape.
        budget: US dollars for all together.
        weight: Number of questions that each row stands for; None: one.
    """

    def spent_at(multiplier: float) -> float:
        return spent(cost, at_multiplier(quality, cost, multiplier), weight=weight)

    if spent_at(0.0) <= budget:
        return 0.0
    low, high = 0.0, steepest(quality, cost) * (1 + 1e-9)
    if spent_at(high) > budget:
        return math.inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if high - low <= _LEEWAY * high:
            break
        if spent_at(middle) <= budget:
            high = middle
        else:
            low = middle
    return high


def allocate(quality: Floats, cost: Floats, budget: float) -> Choices:
    """Return each question's candidate such that the sum of expected costs fits the budget; shape (n_questions,).

    Args:
        quality: Expected quality, shape (n_questions, n_candidates).
        cost: US dollars, the same shape.
        budget: US dollars for all together.

    Raises:
        SelectionError: not even the cheapest candidates fit it; the message names the required amount.
    """
    cheapest = at_multiplier(quality, cost, math.inf)
    least, stated_budget = spent(cost, cheapest), budget
    budget *= 1 + _LEEWAY
    if least > budget:
        needed, budget_text = usd_beyond(least, stated_budget)
        raise SelectionError(
            f"{budget_text} is not enough for {len(quality)} prompts: the cheapest candidates take {needed}",
            f"Give a budget of at least {usd(rounded_to_hold(least))}, or ask fewer prompts.",
        )
    multiplier = smallest_multiplier(quality, cost, budget)
    choices = at_multiplier(quality, cost, multiplier)
    if multiplier == 0:
        return choices
    if spent(cost, choices) > budget:
        choices = cheapest
    return _best_of([choices, *_best_single(quality, cost, budget)], quality, cost, budget)


def _best_single(quality: Floats, cost: Floats, budget: float) -> list[Choices]:
    """Return the best candidate that can answer all questions within the budget, if there is one."""
    total = np.where(cost.sum(axis=0) <= budget, quality.sum(axis=0), -np.inf)
    best = int(np.argmax(total))
    return [np.full(len(cost), best, dtype=np.int64)] if np.isfinite(total[best]) else []


def _best_of(starts: Sequence[Choices], quality: Floats, cost: Floats, budget: float) -> Choices:
    """Return the best choices after the rest of the budget is spent.

    With few questions the rest is large: then a single candidate between two of the hull may be better than these.
    """
    rows = np.arange(len(quality))
    filled = [_filled(quality, cost, choices, budget) for choices in starts]
    return max(filled, key=lambda choices: float(quality[rows, choices].sum()))


def spent(cost: Floats, choices: Choices, *, weight: Floats | None = None) -> float:
    """Return the total cost of the choices.

    Each row counts as many times as its weight, once without weights.
    """
    each = np.take_along_axis(cost, choices[:, None], axis=1)[:, 0]
    return float(each.sum() if weight is None else weight @ each)


def steepest(quality: Floats, cost: Floats) -> float:
    """Return the maximum gain in quality for a further dollar.

    Above this multiplier every question gets its cheapest candidate.
    """
    cheapest = at_multiplier(quality, cost, math.inf)[:, None]
    more = cost - np.take_along_axis(cost, cheapest, axis=1)
    better = quality - np.take_along_axis(quality, cheapest, axis=1)
    useful = (more > 0) & (better > 0)
    return float((better[useful] / more[useful]).max()) if useful.any() else 0.0


def _filled(quality: Floats, cost: Floats, choices: Choices, budget: float) -> Choices:
    """Return the choices after the rest of the budget is spent on single questions, the best gain per dollar first."""
    rows = np.arange(len(choices))
    filled = choices.copy()
    left = budget - spent(cost, filled)
    while True:
        more = cost - cost[rows, filled][:, None]
        better = quality - quality[rows, filled][:, None]
        fits = (better > 0) & (more <= left)
        per_dollar = np.where(fits, better / np.maximum(more, 1e-300), -np.inf)
        taken_before = left
        left = _upgrade(filled, per_dollar, more, left)
        if left == taken_before:
            return filled


def _upgrade(choices: Choices, per_dollar: Floats, more: Floats, left: float) -> float:
    """Give each question its best affordable upgrade, and return the rest of the budget.

    Changes `choices`.
    """
    best = per_dollar.argmax(axis=1)
    value = per_dollar[np.arange(len(choices)), best]
    for row in np.argsort(-value, kind="stable"):
        if value[row] == -np.inf:
            break
        extra = float(more[row, best[row]])
        if extra <= left:
            choices[row] = best[row]
            left -= extra
    return left
