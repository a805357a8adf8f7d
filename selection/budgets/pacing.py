"""Which candidate for the next question of a stream, so that the budget lasts as long as the stream?

Each question may take what is left, divided by how many are still to come. The multiplier at which the questions seen
so far would have taken just that is put on the next one (re-solving; Balseiro, Lu & Mirrokni, arXiv:2011.10124, follow
the same dual price by gradient steps). What is saved or overspent corrects itself, as the quotient moves.

At the multiplier itself a question may be worth two candidates alike; where all questions are alike, all of them are.
Such questions get the dearer one in just the share that spends the budget, so that a stream without any knowledge of
its prompts gets the mixture that a plan for all of them would. The last questions are planned whole.
Where nobody knows how many will come, as many again are expected as came so far.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from evaluation.errors import SelectionError
from selection.budgets.allocation import Floats, allocate, at_multiplier, smallest_multiplier, spent

_LEEWAY = 1e-9
_BESIDE = 1e-6
"""Relative: how far below the multiplier the dearer of two equals is looked for."""
_PLANNED = 32
"""So many questions before the end, each is chosen by a plan for all that are left."""


class _Price(NamedTuple):
    """What a dollar must buy now."""

    multiplier: float
    dearer_share: float
    """Of the questions to which two candidates are worth the same at it, how many get the dearer one."""


class Pacer:
    """The choices for a stream; not for several threads at once.

    Args:
        budget_usd: For all answers together, by their expected costs unless `settle` says what they really were.
        n_expected: How many questions there will be; None: nobody knows.
        n_at_least: Where nobody knows, how many are expected at the beginning.
        memory: How many of the last questions the multiplier is found from.
    """

    def __init__(
        self, budget_usd: float, *, n_expected: int | None = None, n_at_least: int = 100, memory: int = 128
    ) -> None:
        self.left_usd = budget_usd
        self.n_seen = 0
        self._price = _Price(0.0, 0.0)
        self._credit = 0.5
        self._n_expected = n_expected
        self._n_at_least = n_at_least
        self._seen: deque[tuple[Floats, Floats]] = deque(maxlen=memory)

    def choose(self, quality: Floats, cost: Floats) -> int:
        """The position of the candidate for this question; its expected cost is taken from the budget.

        Args:
            quality: Expected, shape (n_candidates,).
            cost: US dollars, shape (n_candidates,).

        Raises:
            SelectionError: what is left does not pay for the cheapest candidate.
        """
        cheapest = float(cost.min())
        if cheapest > self.left_usd * (1 + _LEEWAY):
            raise SelectionError(
                f"the budget is spent: ${self.left_usd:.6g} are left, and the cheapest candidate takes ${cheapest:.6g}",
                "Begin another router with a new budget.",
            )
        self._seen.append((quality, cost))
        n_certain = self._n_still_certain()
        may_take = max(self.left_usd - cheapest * (n_certain - 1), cheapest)
        if self._n_expected is not None and n_certain <= _PLANNED:
            position = self._planned(quality, cost, n_certain, may_take)
        else:
            if self.n_seen < 32 or self.n_seen % 16 == 0:
                self._price = self._found_price()
            position = self._paced(quality, cost, may_take)
        self.n_seen += 1
        self.left_usd -= float(cost[position])
        return position

    def give_back(self, usd: float) -> None:
        """Adds what an answer took less than was expected; negative where it took more."""
        self.left_usd += usd

    def _paced(self, quality: Floats, cost: Floats, may_take: float) -> int:
        """By the multiplier; of two that are worth the same at it, the dearer one in its share."""
        cheaper, dearer = (
            _worth_most(quality, cost, multiplier, may_take)
            for multiplier in (self._price.multiplier, self._price.multiplier * (1 - _BESIDE))
        )
        if cheaper == dearer:
            return cheaper
        self._credit += self._price.dearer_share
        if self._credit < 1:
            return cheaper
        self._credit -= 1
        return dearer

    def _planned(self, quality: Floats, cost: Floats, n_left: int, may_take: float) -> int:
        """What a plan for this question and the others that are left, drawn as those seen before were, gives it."""
        before = [self._seen[-2 - place % (len(self._seen) - 1)] for place in range(n_left - 1)] if self.n_seen else []
        others = before or [(quality, cost)] * (n_left - 1)
        rows = np.stack([quality, *(one for one, _ in others)])
        costs = np.stack([cost, *(one for _, one in others)])
        least = spent(costs, at_multiplier(rows, costs, np.inf))
        plan = allocate(rows, costs, max(self.left_usd, least))
        position = int(plan[0])
        return position if cost[position] <= may_take * (1 + _LEEWAY) else int(np.argmin(cost))

    def _n_still_certain(self) -> int:
        """Questions that are sure to come, with this one: for each the cheapest candidate must stay affordable."""
        return 1 if self._n_expected is None else max(self._n_expected - self.n_seen, 1)

    def _n_to_come(self) -> int:
        """With this one."""
        if self._n_expected is not None and self._n_expected > self.n_seen:
            return self._n_expected - self.n_seen
        return max(self.n_seen, self._n_at_least)

    def _found_price(self) -> _Price:
        quality = np.stack([one for one, _ in self._seen])
        cost = np.stack([one for _, one in self._seen])
        budget = len(self._seen) * self.left_usd / self._n_to_come()
        multiplier = smallest_multiplier(quality, cost, budget)
        if not np.isfinite(multiplier):
            return _Price(1e300, 0.0)
        low, high = (spent(cost, at_multiplier(quality, cost, one)) for one in (multiplier, multiplier * (1 - _BESIDE)))
        return _Price(multiplier, float(np.clip((budget - low) / (high - low), 0.0, 1.0)) if high > low else 0.0)


def _worth_most(quality: Floats, cost: Floats, multiplier: float, may_take: float) -> int:
    """The candidate that is worth most at the multiplier, of those that may be paid for; the cheaper of equals."""
    affordable = np.flatnonzero(cost <= may_take * (1 + _LEEWAY))
    if not len(affordable):
        return int(np.argmin(cost))
    chosen = at_multiplier(quality[None, affordable], cost[None, affordable], multiplier)
    return int(affordable[chosen[0]])
