"""Blocks of a race: the cases that each remaining candidate answers before the next decision, within budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.races.confirmation import n_to_confirm
from evaluation.races.grid import Grid
from evaluation.races.ranking import leaders_first, runner_up
from evaluation.races.rules import NOTHING, AnswerPrice, Budget, Spent
from evaluation.races.schedule import n_held_out
from evaluation.races.state import Ending, RaceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Cases to ask before the next decision."""

    name: str
    look: int
    """Counted from 1."""
    places: tuple[int, ...]
    """Candidates to ask. The one most likely to stay is last, so that its model is still loaded for the next block."""
    n_cases: int
    """Number of cases, from the beginning of the race's order, up to which the candidates are asked."""
    first_case: int = 0
    """Position of the first case of the block; earlier missing outcomes stay missing."""
    is_confirmation: bool = False


def next_block(
    state: RaceState, grid: Grid, spent: Spent, prices: Sequence[AnswerPrice] = ()
) -> tuple[RaceState, Block | None]:
    """Return the race, ended if the budget is spent, and the next block to ask; None: there is none.

    Args:
        state: The current state of the race.
        grid: The scores on all cases asked so far.
        spent: What the race has used so far.
        prices: What an answer of each candidate takes, by place; empty: a call each, and as much as so far on average.
    """
    each = _each(spent)
    prices = prices or tuple(each for _ in state.runners)
    if state.ending is None:
        return _next_look(state, grid, spent, prices)
    return state, _confirmation(state, grid, spent, prices)


def after(state: RaceState, block: Block) -> RaceState:
    """Return the state of the race after a block has been asked."""
    if block.is_confirmation:
        return replace(state, look=block.look, n_confirmed=block.n_cases - state.n_asked)
    return replace(state, look=block.look, n_asked=block.n_cases)


def _next_look(
    state: RaceState, grid: Grid, spent: Spent, prices: Sequence[AnswerPrice]
) -> tuple[RaceState, Block | None]:
    level = next(level for level in state.levels if (level.n_cases or 0) > state.n_asked)
    n_new, n_repeats = (level.n_cases or 0) - state.n_asked, state.rules.n_repeats
    dearest = sorted((prices[place] for place in state.alive), key=lambda price: price.calls)[-2:]
    share = affordable_share(
        state.rules.budget,
        spent,
        needed=_together([prices[place] for place in state.alive]).times(n_new * n_repeats),
        kept=_together(dearest).times(n_repeats * n_held_out(state.rules, state.n_pool)),
    )
    n_affordable = math.floor(n_new * min(1.0, share) + 1e-9)
    if n_affordable < 1:
        return replace(state, ending=Ending.BUDGET_SPENT), None
    return state, Block(
        name=level.name,
        look=state.look + 1,
        places=state.alive if state.look == 0 else leaders_first(grid, state.alive)[::-1],
        n_cases=state.n_asked + n_affordable,
    )


def _confirmation(state: RaceState, grid: Grid, spent: Spent, prices: Sequence[AnswerPrice]) -> Block | None:
    """Return the block that asks the winner and the runner-up unseen cases, if there is a runner-up."""
    second = runner_up(state, grid)
    if state.ending is not Ending.ONE_LEFT or state.n_confirmed is not None or second is None:
        return None
    places = tuple(sorted((*state.alive, second)))
    n_needed = n_to_confirm(state, grid)
    needed = _together([prices[place] for place in places]).times(n_needed * state.rules.n_repeats)
    share = affordable_share(state.rules.budget, spent, needed=needed)
    n_new = math.floor(n_needed * min(1.0, share) + 1e-9)
    if n_new < 1:
        return None
    return Block(
        name="confirmation",
        look=state.look + 1,
        places=places,
        n_cases=state.n_asked + n_new,
        first_case=state.n_asked,
        is_confirmation=True,
    )


FOR_CONFIRMING = 0.2
"""Largest share of a budget that the race reserves for the confirmation."""


def affordable_share(budget: Budget, spent: Spent, *, needed: AnswerPrice, kept: AnswerPrice = NOTHING) -> float:
    """Return the share of the answers, from 0 to 1, that the remaining budget allows.

    Args:
        budget: The race's limits.
        spent: What it has used so far.
        needed: What the answers needed next take together.
        kept: What must still be possible afterwards, up to a fifth of the budget.
    """
    shares = [1.0]
    for name in ("calls", "minutes", "tokens"):
        limit = getattr(budget, name)
        if limit is not None and needed.calls > 0:
            left = limit - getattr(spent, name) - min(FOR_CONFIRMING * limit, getattr(kept, name))
            takes = getattr(needed, name)
            shares.append(left / takes if takes else float(left > 0))
    return max(0.0, min(shares))


def _together(prices: Sequence[AnswerPrice]) -> AnswerPrice:
    total = NOTHING
    for price in prices:
        total = total.plus(price)
    return total


def _each(spent: Spent) -> AnswerPrice:
    """Return the average of a call so far; a call alone before the first."""
    if not spent.calls:
        return AnswerPrice()
    return AnswerPrice(minutes=spent.minutes / spent.calls, tokens=spent.tokens / spent.calls)
