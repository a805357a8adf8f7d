"""Routing of many prompts to cheap and dear candidates under a budget, all at once or one after another.

Costs are expectations: the mean of a candidate's answers on the task. A selection model, where there is one, predicts
on which prompts a dear candidate is worth its price. Without one all prompts of a task are alike, and the gain is the
mixture of candidates on the hull of the cost–quality curve.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from evaluation.errors import ConfigurationError, SelectionError
from evaluation.formatting import rounded_to_hold, usd_beyond
from evaluation.records.evidence import Choosable
from selection.budgets.allocation import allocate
from selection.budgets.curve import CheapestShare, CostQuality, cost_quality_curve
from selection.budgets.expectations import checked_prompts, field_of, typical_prompts
from selection.budgets.pacing import Pacer
from selection.preferences import Constraints

if TYPE_CHECKING:
    from evaluation.store.session import Store


_ANYTHING = Constraints()
_LEEWAY = 1e-12
"""Relative tolerance: a total divided by the number of prompts may miss a cost by a float's last digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Candidate that answers one prompt."""

    candidate: Choosable
    quality: float
    """Expected value."""
    cost_usd: float
    """Expected value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Assignment of candidates to prompts."""

    routed: tuple[Routed, ...]
    """One entry for each prompt, in order."""
    budget_usd: float
    cost_usd: float
    """Expected cost of all answers together; at most the budget."""
    quality: float
    """Expected mean quality."""
    shares: tuple[tuple[str, int], ...]
    """Number of prompts of each candidate, by label, the most first."""
    left_out: tuple[str, ...]
    """Labels of candidates without a known cost."""


def route(
    prompts: Sequence[str] | int,
    *,
    budget_usd: float,
    task: str | None = None,
    constraints: Constraints = _ANYTHING,
    store: "str | Path | Store | None" = None,
) -> Routing:
    """Assign candidates to prompts such that the expected quality is as high as the budget allows.

    Args:
        prompts: The texts, or the number of prompts.
        budget_usd: US dollars for all together.
        task: Task of the prompts.
        constraints: Constraints on every candidate.
        store: A path, a URL or an open store; None: the database that the command uses.

    Raises:
        SelectionError: the budget does not pay for the cheapest candidates, no candidate may answer, or no cost is
            known.
        ConfigurationError: an invalid argument.
        StoreError: the store is away, and nothing was read from it yet.
    """
    budget_usd = _checked_budget(budget_usd)
    texts = checked_prompts(prompts)
    field = field_of(task, constraints, store)
    quality, cost = field.qualities(texts), field.costs(len(texts))
    choices = allocate(quality.expected, cost, budget_usd)
    candidates = field.candidates
    routed = tuple(
        Routed(candidate=candidates[j], quality=float(quality.told[i, j]), cost_usd=float(cost[i, j]))
        for i, j in enumerate(choices.tolist())
    )
    return Routing(
        routed=routed,
        budget_usd=budget_usd,
        cost_usd=sum(assignment.cost_usd for assignment in routed),
        quality=float(np.mean([assignment.quality for assignment in routed])),
        shares=tuple(Counter(assignment.candidate.label for assignment in routed).most_common()),
        left_out=field.left_out,
    )


def cost_quality(
    prompts: Sequence[str] | int = 1,
    *,
    task: str | None = None,
    constraints: Constraints = _ANYTHING,
    store: "str | Path | Store | None" = None,
) -> CostQuality:
    """Return the expected quality by mean cost, with its hull and AIQ.

    Args:
        prompts: Prompts like those to come, for a selection model to tell apart; a number where they are alike.
        task: Task of the prompts.
        constraints: Constraints on every candidate.
        store: A path, a URL or an open store; None: the database that the command uses.

    Raises:
        SelectionError: no candidate may answer, or no cost is known.
        ConfigurationError: an invalid argument.
        StoreError: the store is away, and nothing was read from it yet.
    """
    texts = checked_prompts(prompts)
    field = field_of(task, constraints, store)
    quality, told = field.qualities(texts)
    return cost_quality_curve(field.labels, quality=quality, cost=field.costs(len(texts)), true_quality=told)


def cheapest_share(
    quality_share: float = 0.95,
    *,
    prompts: Sequence[str] | int = 1,
    task: str | None = None,
    constraints: Constraints = _ANYTHING,
    store: "str | Path | Store | None" = None,
) -> CheapestShare:
    """Return the share of its cost at which a share of the best single candidate's quality can be had.

    Args:
        quality_share: Share of the quality, above 0 and up to 1.
        prompts: As for `cost_quality`, like the remaining ones.
        task: Task of the prompts.
        constraints: Constraints on every candidate.
        store: Store of the evidence, as for `recommend`.

    Raises:
        SelectionError: no candidate may answer, or no cost is known.
        ConfigurationError: an invalid argument.
        StoreError: the store is away, and nothing was read from it yet.
    """
    return cost_quality(prompts, task=task, constraints=constraints, store=store).cheapest_share(quality_share)


class BudgetRouter:
    """Choice of a candidate for each prompt of a stream, such that the budget lasts. Thread-safe.

    The budget is given for a known number of prompts (`budget_usd`, `n_prompts`), or for each prompt of a stream of any
    length (`per_prompt_usd`): then what one prompt leaves is saved for the next ones, and whenever the stream ends, no
    more was spent than `per_prompt_usd` for each prompt that came. A total alone does not tell how fast to spend it.

    Where a selection model decides, what prompts are like is learned at first from those that candidates were measured
    on, then from those that come. By expected costs it never spends more than the budget. It uses the evidence of the
    time when it was created.

    Args:
        budget_usd: US dollars for the whole stream; with `per_prompt_usd`, an upper limit.
        n_prompts: Maximum number of prompts; further prompts are paid for by what is left.
        per_prompt_usd: US dollars for each prompt, where the number of prompts is unknown.
        task: Task of the prompts.
        constraints: Constraints on every candidate.
        store: A path, a URL or an open store; None: the database that the command uses.

    Raises:
        SelectionError: the budget does not pay for so many answers of the cheapest candidate, or for one where it is
            for each prompt; no candidate may answer, or no cost is known.
        ConfigurationError: an invalid argument, or neither `n_prompts` nor `per_prompt_usd`.
        StoreError: the store is away, and nothing was read from it yet.
    """

    def __init__(
        self,
        budget_usd: float | None = None,
        *,
        n_prompts: int | None = None,
        per_prompt_usd: float | None = None,
        task: str | None = None,
        constraints: Constraints = _ANYTHING,
        store: "str | Path | Store | None" = None,
    ) -> None:
        self.budget_usd = None if budget_usd is None else _checked_budget(budget_usd)
        self.per_prompt_usd = None if per_prompt_usd is None else _checked_budget(per_prompt_usd, "per_prompt_usd")
        self._check_pace(n_prompts)
        self._field = field_of(task, constraints, store)
        self._lock = Lock()
        typical = self._field.of_prompts(typical_prompts(task, store)) if self._field.view.champion else []
        self._pacer = Pacer(
            self.budget_usd, n_expected=n_prompts, per_question_usd=self._paid_for(n_prompts), typical=typical
        )

    def _check_pace(self, n_prompts: int | None) -> None:
        if n_prompts is not None:
            checked_prompts(n_prompts)
        if n_prompts is not None and self.per_prompt_usd is not None:
            raise ConfigurationError(
                f"n_prompts={n_prompts} and per_prompt_usd={self.per_prompt_usd:g} are both given",
                "Give budget_usd with n_prompts, or per_prompt_usd if their number is unknown.",
            )
        if self.per_prompt_usd is None and (self.budget_usd is None or n_prompts is None):
            raise ConfigurationError(
                "budget_usd alone does not say how fast it may be spent",
                "Give budget_usd with n_prompts (how many at most), or per_prompt_usd if their number is unknown; "
                "with budget_usd beside it, the stream ends at that total.",
            )

    def _paid_for(self, n_prompts: int | None) -> float | None:
        """Return the amount that each prompt adds, after checking that it pays for the cheapest candidate.

        None where the whole budget is available from the beginning.

        Raises:
            SelectionError: the budget does not pay for the cheapest candidate.
        """
        least = float(self._field.cost.min())
        if self.per_prompt_usd is None:
            allocate(np.zeros((n_prompts or 1, 1)), np.full((n_prompts or 1, 1), least), self.budget_usd or 0.0)
            return None
        if self.per_prompt_usd < least * (1 - _LEEWAY):
            needed, budget_text = usd_beyond(least, self.per_prompt_usd)
            raise SelectionError(
                f"{budget_text} is not enough for a prompt: the cheapest candidate takes {needed}",
                f"Give per_prompt_usd={rounded_to_hold(least):g} or more.",
            )
        return max(self.per_prompt_usd, least)

    @property
    def left_usd(self) -> float:
        """US dollars left of the budget; without a total, what the prompts so far have saved."""
        return self._pacer.left_usd

    def route(self, prompt: str | None = None) -> Routed:
        """Return the candidate for this prompt, and subtract its expected cost from the budget.

        Raises:
            SelectionError: what is left does not pay for the cheapest candidate.
        """
        field = self._field
        quality = field.quality(prompt)
        with self._lock:
            position = self._pacer.choose(quality.expected, field.cost)
        return Routed(
            candidate=field.candidates[position],
            quality=float(quality.told[position]),
            cost_usd=float(field.cost[position]),
        )

    def settle(self, routed: Routed, cost_usd: float) -> None:
        """Replace the expected cost of the answer by the real one.

        Raises:
            ConfigurationError: the cost is invalid.
        """
        if not _is_amount(cost_usd):
            raise ConfigurationError(f"cost_usd is {cost_usd!r}", "Give US dollars, zero or more.")
        with self._lock:
            self._pacer.give_back(routed.cost_usd - cost_usd)


def _checked_budget(budget_usd: object, name: str = "budget_usd") -> float:
    if not _is_amount(budget_usd):
        raise ConfigurationError(f"{name} is {budget_usd!r}", "Give US dollars, zero or more.")
    return float(budget_usd)  # type: ignore[arg-type]


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value)) and value >= 0
