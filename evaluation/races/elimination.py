"""Elimination after a look: who is dropped, who continues, whether the race is over, and the reasons."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from evaluation.formatting import counted, p_value
from evaluation.races.confirmation import Confirmation
from evaluation.races.grid import Grid
from evaluation.races.number_words import against, odds
from evaluation.races.ranking import leaders_first
from evaluation.races.rules import Method
from evaluation.races.schedule import n_survivors
from evaluation.races.sequential_evidence import evidence_against, evidence_within
from evaluation.races.state import Decision, Ending, Fate, RaceState


def give_up(state: RaceState, reasons: Mapping[str, str]) -> tuple[RaceState, tuple[Decision, ...]]:
    """Return the race without the candidates that could not be asked, and the decisions on them.

    Args:
        state: After a look.
        reasons: Why each of them was given up, by key.
    """
    gone = tuple(place for place in state.alive if state.runners[place].key in reasons)
    decisions = tuple(
        Decision(
            look=state.look,
            key=state.runners[place].key,
            label=state.runners[place].label,
            fate=Fate.GIVEN_UP,
            n_cases=state.n_asked,
            reason=f"given up: {reasons[state.runners[place].key]}",
        )
        for place in gone
    )
    return _ended(state.without(gone, given_up=True)), decisions


def decide(state: RaceState, grid: Grid) -> tuple[RaceState, tuple[Decision, ...]]:
    """Return the race after a look, and the decision on everybody who was in.

    Args:
        state: With the look's number and cases already counted.
        grid: The scores on all cases asked so far.
    """
    if len(state.alive) < 2:
        return _ended(state), ()
    if state.rules.method is Method.HALVING:
        dropped, decisions = _halved(state, grid)
    else:
        dropped, decisions = _by_evidence(state, grid)
    after = state.without(dropped)
    return with_ending(after, grid), decisions


def confirmed(state: RaceState, confirmation: Confirmation | None) -> tuple[Decision, ...]:
    """Return the result of the unseen cases for the winner, as a decision.

    Args:
        state: After the confirmation's block.
        confirmation: The result of `confirmation`.
    """
    if confirmation is None or state.n_confirmed is None:
        return ()
    runner = state.runners[state.alive[0]]
    needed = "it only has to lead" if confirmation.needed is None else f"p must be at most {confirmation.needed:g}"
    standing = against((confirmation.difference or 0.0) / confirmation.span, confirmation.span, confirmation.runner_up)
    return (
        Decision(
            look=state.look,
            key=runner.key,
            label=runner.label,
            fate=Fate.CONFIRMED if confirmation.is_confirmed else Fate.NOT_CONFIRMED,
            n_cases=state.n_asked + state.n_confirmed,
            reason=(
                f"on {counted(confirmation.n_cases, 'unseen case')} {standing}, "
                f"one-sided {p_value(confirmation.p_value)}; {needed}"
            ),
            evidence={
                "rival": confirmation.runner_up,
                "difference": confirmation.difference,
                "low": confirmation.low,
                "high": confirmation.high,
                "p_value": confirmation.p_value,
                "n_pairs": confirmation.n_cases,
            },
        ),
    )


def _by_evidence(state: RaceState, grid: Grid) -> tuple[tuple[int, ...], tuple[Decision, ...]]:
    evidence = evidence_against(grid, state.left_at)
    order = leaders_first(grid, state.alive)
    needed = 1 / state.rules.alpha
    # Whoever leads is never dropped: somebody has to be left, and it is the likeliest.
    dropped = tuple(place for place in order[1:] if evidence[place] >= math.log(needed))
    return dropped, tuple(
        _decision(
            state, grid, place, order, dropped=place in dropped, evidence=float(np.exp(min(evidence[place], 700)))
        )
        for place in order
    )


def _halved(state: RaceState, grid: Grid) -> tuple[tuple[int, ...], tuple[Decision, ...]]:
    order = leaders_first(grid, state.alive)
    # A round that the budget has cut short drops nobody: it ends the race.
    n_kept = n_survivors(len(order), is_last=_next_level(state) is None) if _is_at_a_level(state) else len(order)
    dropped = order[n_kept:]
    return dropped, tuple(_decision(state, grid, place, order, dropped=place in dropped) for place in order)


def _decision(
    state: RaceState,
    grid: Grid,
    place: int,
    order: tuple[int, ...],
    *,
    dropped: bool,
    evidence: float | None = None,
) -> Decision:
    rival = order[0] if place != order[0] else order[1]
    differences = grid.differences(place, rival)
    difference = float(differences.mean()) if differences.size else 0.0
    name = state.runners[rival].label
    standing = f"after {counted(state.n_asked, 'case')} {against(difference, grid.span, name)}"
    mean = float(grid.means()[place])
    numbers = {
        "rank": order.index(place) + 1,
        "n_alive": len(order),
        "score": None if math.isnan(mean) else mean,
        "rival": name,
        "difference": difference * grid.span,
        "n_pairs": int(differences.size),
    }
    if evidence is None:
        why = f"place {order.index(place) + 1} of {len(order)}"
    else:
        numbers |= {"evidence": evidence, "needed": 1 / state.rules.alpha}
        why = (
            f"evidence against being the best: {odds(evidence)} to 1 (eliminated at {odds(1 / state.rules.alpha)} to 1)"
        )
    return Decision(
        look=state.look,
        key=state.runners[place].key,
        label=state.runners[place].label,
        fate=Fate.DROPPED if dropped else Fate.KEPT,
        n_cases=state.n_asked,
        reason=f"{standing}; {why}",
        evidence=numbers,
    )


def with_ending(state: RaceState, grid: Grid) -> RaceState:
    """Return the race with the reason for its end, if it has ended."""
    return _ended(state, is_tied=_is_tied(state, grid))


def _ended(state: RaceState, *, is_tied: bool = False) -> RaceState:
    if not state.alive:
        return replace(state, ending=Ending.NOBODY_LEFT)
    if len(state.alive) == 1:
        return replace(state, ending=Ending.ONE_LEFT)
    if is_tied:
        return replace(state, ending=Ending.TIED_WITHIN_MARGIN)
    return replace(state, ending=Ending.CASES_USED_UP) if _next_level(state) is None else state


def _is_at_a_level(state: RaceState) -> bool:
    return any(level.n_cases == state.n_asked for level in state.levels)


def _next_level(state: RaceState) -> int | None:
    """Return the cases that everybody will have been asked after the next look; None: this was the last."""
    return next((size for level in state.levels if (size := level.n_cases or 0) > state.n_asked), None)


def _is_tied(state: RaceState, grid: Grid) -> bool:
    """Check whether the evidence rules out that anybody still in is better than the first by the margin.

    The first is chosen by the same scores, so the error is split among all who could have been it.
    """
    if state.rules.margin is None or len(state.alive) < 2:
        return False
    margin = state.rules.margin / grid.span
    needed = math.log(len(state.runners) / state.rules.alpha)
    first, *others = leaders_first(grid, state.alive)
    return all(
        abs(float(grid.differences(other, first).mean())) < margin
        and evidence_within(grid, other, first, margin=margin) >= needed
        for other in others
        if grid.differences(other, first).size
    )
