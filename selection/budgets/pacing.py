"""Which candidate for the next question of a stream, so that the budget lasts as long as the stream?

Each question may take what is left, divided by how many are still to come. The multiplier at which the questions seen
so far would have taken just that is put on the next one (re-solving; Balseiro, Lu & Mirrokni, arXiv:2011.10124, follow
the same dual price by gradient steps). What is saved or overspent corrects itself, as the quotient moves.
Where nobody knows how many will come, as many again are expected as came so far.
"""

from collections import deque

import numpy as np

from evaluation.errors import SelectionError
from selection.budgets.allocation import Floats, smallest_multiplier

_LEEWAY = 1e-9


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
        self.multiplier = 0.0
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
        if self.n_seen < 32 or self.n_seen % 16 == 0:
            self.multiplier = self._found_multiplier()
        may_take = max(self.left_usd - cheapest * (self._n_still_certain() - 1), cheapest)
        position = self._best(quality, cost, may_take)
        self.n_seen += 1
        self.left_usd -= float(cost[position])
        return position

    def give_back(self, usd: float) -> None:
        """Adds what an answer took less than was expected; negative where it took more."""
        self.left_usd += usd

    def _best(self, quality: Floats, cost: Floats, may_take: float) -> int:
        value = np.where(cost <= may_take, quality - self.multiplier * cost, -np.inf)
        return int(np.lexsort((cost, -value))[0])

    def _n_still_certain(self) -> int:
        """Questions that are sure to come, with this one: for each the cheapest candidate must stay affordable."""
        return 1 if self._n_expected is None else max(self._n_expected - self.n_seen, 1)

    def _n_to_come(self) -> int:
        """With this one."""
        if self._n_expected is not None and self._n_expected > self.n_seen:
            return self._n_expected - self.n_seen
        return max(self.n_seen, self._n_at_least)

    def _found_multiplier(self) -> float:
        quality = np.stack([one for one, _ in self._seen])
        cost = np.stack([one for _, one in self._seen])
        found = smallest_multiplier(quality, cost, len(self._seen) * self.left_usd / self._n_to_come())
        return found if np.isfinite(found) else 1e300
