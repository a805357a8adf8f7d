"""Resuming of a race: its state, restored from its stored decisions."""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.races.elimination import with_ending
from evaluation.races.grid import Grid
from evaluation.races.state import Decision, Fate, RaceState

_GONE = (Fate.DROPPED, Fate.GIVEN_UP)
_CHECKED = (Fate.CONFIRMED, Fate.NOT_CONFIRMED)


def n_cases_decided_on(decisions: Sequence[Decision]) -> int:
    """Return the number of cases behind the looks of a race, without the confirmation's."""
    return max((decision.n_cases for decision in decisions if decision.fate not in _CHECKED), default=0)


def resumed(state: RaceState, decisions: Sequence[Decision], grid: Grid) -> RaceState:
    """Return the race as its decisions left it. Decisions stand, whatever the scores say by now.

    Args:
        state: At its beginning.
        decisions: All stored decisions.
        grid: The scores on the cases that they rest on.
    """
    if not decisions:
        return state
    gone = {decision.key: decision for decision in decisions if decision.fate in _GONE}
    runners = tuple(
        replace(
            runner,
            left_at=gone[runner.key].n_cases,
            is_given_up=gone[runner.key].fate is Fate.GIVEN_UP,
        )
        if runner.key in gone
        else runner
        for runner in state.runners
    )
    n_asked = n_cases_decided_on(decisions)
    resumed_state = replace(state, runners=runners, n_asked=n_asked, look=max(decision.look for decision in decisions))
    resumed_state = with_ending(resumed_state, grid.first(n_asked))
    checked = [decision for decision in decisions if decision.fate in _CHECKED]
    return replace(resumed_state, n_confirmed=checked[0].n_cases - n_asked) if checked else resumed_state
