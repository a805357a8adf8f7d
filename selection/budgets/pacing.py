"""Choice of a candidate for each question of a stream, so that the budget lasts as long as the stream.

The choice follows a plan for this question and for those still to come, which are represented by the questions known so
far: those seen, and typical ones from before the stream. The multiplier of that plan is applied to the question
(re-solving, as the Bayes selector does: Vera & Banerjee, arXiv:1901.05028). Savings and overspending correct
themselves.

At the multiplier itself two candidates may be worth the same to a question. Where all questions are alike, this holds
for all of them, and they get the dearer candidate in just the share that spends the budget, so that a stream without
any knowledge of its prompts gets the mixture that a plan for all of them would give. No question gets the dearer one
where that would take money from the cheaper candidate of those to come, since one answer may cost as much as all others
together. Where it holds for this question alone, it gets the dearer candidate if that brings more than its price brings
to those to come.

Of a budget for each question, what was not spent is saved: a question may take its own amount and what is saved, never
what is still to come, and the plan is for the next ones with their amounts. So whenever the stream ends, no more was
spent than the questions that came had brought, and no question is refused whose amount pays for the cheapest candidate.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evaluation.errors import SelectionError
from evaluation.formatting import counted, usd
from selection.budgets.allocation import Choices, Floats, at_multiplier, smallest_multiplier, spent

_LEEWAY = 1e-9
_BESIDE = 1e-6
"""Relative distance below the multiplier at which the dearer of two equal candidates is sought."""
_FIRST, _LAST, _EVERY = 32, 64, 16
"""The multiplier is found again for each of the first and of the last questions, and else after so many."""
_AHEAD = 100
"""Number of questions planned at a time in a stream of unknown length."""
_DUST = 1e-6
"""Share of the cheapest answer's cost below which an amount is the rounding error of sums of floats."""


class _Price(NamedTuple):
    """Current price: the quality that a dollar has to buy."""

    multiplier: float
    dearer_share: float
    """Share of the questions to which two candidates are worth the same that get the dearer one; 0 or 1 for this
    question alone.
    """
    cheaper_usd: float = 0.0
    """Mean cost of a question where all these get the cheaper one."""
    is_of_one: bool = False
    """Whether this question is the only one of these."""


class Pacer:
    """Choices for a stream of questions. Not thread-safe.

    Args:
        budget_usd: Budget for all answers together, by their expected costs unless `give_back` reports the real ones;
            None: no such bound.
        n_expected: Number of questions; None: unknown, and each adds its own amount.
        per_question_usd: Amount that each question makes available, up to the budget; None: all of it is available from
            the beginning.
        typical: Expected qualities and costs of questions like those to come, for as long as few have come.
        memory: Number of last questions from which the multiplier is computed, typical ones among them at first.
    """

    def __init__(
        self,
        budget_usd: float | None,
        *,
        n_expected: int | None = None,
        per_question_usd: float | None = None,
        typical: Sequence[tuple[Floats, Floats]] = (),
        memory: int = 256,
    ) -> None:
        budget = math.inf if budget_usd is None else budget_usd
        self.n_seen = 0
        self._saved_usd = budget if per_question_usd is None else 0.0
        self._to_add_usd = 0.0 if per_question_usd is None else budget
        self._per_question_usd = per_question_usd or 0.0
        self._price = _Price(0.0, 0.0)
        self._credit = 0.5
        self._n_expected = n_expected
        self._known: deque[tuple[Floats, Floats]] = deque(typical, maxlen=memory)

    @property
    def left_usd(self) -> float:
        """US dollars left of the budget, or, without a total budget, of what the questions added."""
        return self._saved_usd + (self._to_add_usd if math.isfinite(self._to_add_usd) else 0.0)

    def choose(self, quality: Floats, cost: Floats) -> int:
        """Return the position of the candidate for this question, and subtract its expected cost from the budget.

        Args:
            quality: Expected quality, shape (n_candidates,).
            cost: US dollars, shape (n_candidates,).

        Raises:
            SelectionError: what is left does not pay for the cheapest candidate.
        """
        self._add_for_one()
        cheapest = float(cost.min())
        if cheapest > self._saved_usd * (1 + _LEEWAY):
            raise self._too_little(cheapest)
        may_take = max(self._saved_usd - cheapest * (self._n_still_certain() - 1), cheapest)
        n_to_come = self._n_to_come()
        if self.n_seen < _FIRST or n_to_come <= _LAST or self.n_seen % _EVERY == 0:
            self._price = self._estimated_price(quality, cost, n_to_come)
        position = self._paced(quality, cost, may_take, n_to_come)
        self._known.append((quality, cost))
        self.n_seen += 1
        self._saved_usd -= float(cost[position])
        return position

    def _too_little(self, cheapest: float) -> SelectionError:
        left = self._saved_usd if abs(self._saved_usd) > _DUST * cheapest else 0.0
        needed = f"and the cheapest candidate takes {usd(cheapest)}"
        if self._per_question_usd and self._to_add_usd > 0:
            return SelectionError(
                f"the budget is too small for this prompt: {usd(left)} with its own, {needed}",
                "Answers cost more than expected. Try again with the next prompts, which add their share, or create "
                "a router with more for each prompt.",
            )
        spent_on = f" after {counted(self.n_seen, 'prompt')}"
        return SelectionError(
            f"the budget is spent{spent_on}: {usd(left)} are left, {needed}", "Create another router with a new budget."
        )

    def _add_for_one(self) -> None:
        added = min(self._per_question_usd, self._to_add_usd)
        self._saved_usd += added
        self._to_add_usd -= added

    def _for(self, n_to_come: int) -> float:
        """Return the US dollars for the coming questions, beside this question's own amount."""
        return self._saved_usd + min(self._per_question_usd * (n_to_come - 1), self._to_add_usd)

    def give_back(self, usd: float) -> None:
        """Add the amount by which an answer cost less than expected; negative where it cost more."""
        self._saved_usd += usd

    def _paced(self, quality: Floats, cost: Floats, may_take: float, n_to_come: int) -> int:
        """Choose by the multiplier; of two candidates that are worth the same at it, the dearer one in its share."""
        price = self._price
        cheaper, dearer = (
            _worth_most(quality, cost, multiplier, may_take)
            for multiplier in (price.multiplier, price.multiplier * (1 - _BESIDE))
        )
        if cheaper == dearer:
            return cheaper
        if price.is_of_one:
            return dearer if price.dearer_share else cheaper
        if self._credit + price.dearer_share < 1:
            self._credit += price.dearer_share
            return cheaper
        money = self._for(n_to_come)
        if money - float(cost[dearer]) - (n_to_come - 1) * price.cheaper_usd < -_LEEWAY * money:
            return cheaper
        self._credit += price.dearer_share - 1
        return dearer

    def _n_still_certain(self) -> int:
        """Return the questions sure to come, with this one; for each the cheapest candidate must stay affordable."""
        return 1 if self._n_expected is None else max(self._n_expected - self.n_seen, 1)

    def _n_to_come(self) -> int:
        """Return the number of questions to come, with this one."""
        if self._n_expected is None:
            return _AHEAD
        return self._n_expected - self.n_seen if self._n_expected > self.n_seen else self.n_seen

    def _estimated_price(self, quality: Floats, cost: Floats, n_to_come: int) -> _Price:
        """Return the price from a plan for this question and `n_to_come - 1` known ones, drawn evenly."""
        others = self._known if n_to_come > 1 else ()
        rows = np.stack([quality, *(other_quality for other_quality, _ in others)])
        costs = np.stack([cost, *(other_cost for _, other_cost in others)])
        weight = np.ones(1) * n_to_come
        if others:
            weight = np.concatenate([[1.0], np.full(len(others), (n_to_come - 1) / len(others))])
        budget = self._for(n_to_come) * (1 + _LEEWAY)
        multiplier = smallest_multiplier(rows, costs, budget, weight=weight)
        if not np.isfinite(multiplier):
            return _Price(1e300, 0.0)
        cheaper, dearer = (at_multiplier(rows, costs, price) for price in (multiplier, multiplier * (1 - _BESIDE)))
        low, high = (spent(costs, choices, weight=weight) for choices in (cheaper, dearer))
        cheaper_usd = low / n_to_come
        if high <= low:
            return _Price(multiplier, 0.0)
        if others and _differ_at_first_alone(cheaper, dearer):
            of_others = _Plans(rows[1:], costs[1:], weight[1:])
            brings = float(quality[dearer[0]] - quality[cheaper[0]])
            takes = of_others.value(budget - cost[cheaper[0]]) - of_others.value(budget - cost[dearer[0]])
            return _Price(multiplier, float(brings >= takes), cheaper_usd, is_of_one=True)
        share = (budget - low) / (high - low) * _scarcity(weight[cheaper != dearer].sum(), n_to_come, len(others))
        return _Price(multiplier, float(np.clip(share, 0.0, 1.0)), cheaper_usd)


class _Plans(NamedTuple):
    """Questions to allocate, each row as many times as its weight."""

    quality: Floats
    cost: Floats
    weight: Floats

    def value(self, budget: float) -> float:
        """Return the sum of the qualities that the budget pays for, counting parts of questions."""
        multiplier = smallest_multiplier(self.quality, self.cost, budget, weight=self.weight)
        if not np.isfinite(multiplier):
            return -np.inf
        (low, least), (high, most) = (self._at(price) for price in (multiplier, multiplier * (1 - _BESIDE)))
        return least if high <= low else least + (most - least) * min((budget - low) / (high - low), 1.0)

    def _at(self, multiplier: float) -> tuple[float, float]:
        """Return the total cost at a multiplier, and the sum of the qualities."""
        choices = at_multiplier(self.quality, self.cost, multiplier)
        return spent(self.cost, choices, weight=self.weight), spent(self.quality, choices, weight=self.weight)


def _scarcity(n_alike: float, n_to_come: int, n_known: int) -> float:
    """Return the ratio of the expected questions of a kind to a number that is lower by one standard error."""
    share = min(n_alike / n_to_come, 1.0)
    error = np.sqrt(n_to_come * share * (1 - share) * (1 + n_to_come / max(n_known, 1)))
    return float(n_alike / max(n_alike - error, _LEEWAY))


def _differ_at_first_alone(choices: Choices, other: Choices) -> bool:
    return np.flatnonzero(choices != other).tolist() == [0]


def _worth_most(quality: Floats, cost: Floats, multiplier: float, may_take: float) -> int:
    """Return the affordable candidate that is worth most at the multiplier.

    The cheaper of equals.
    """
    affordable = np.flatnonzero(cost <= may_take * (1 + _LEEWAY))
    if not len(affordable):
        return int(np.argmin(cost))
    chosen = at_multiplier(quality[None, affordable], cost[None, affordable], multiplier)
    return int(affordable[chosen[0]])
