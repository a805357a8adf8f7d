"""The outcome of a race: a one-sentence verdict and the position of every candidate."""

import math
from dataclasses import dataclass
from enum import StrEnum

from evaluation.formatting import counted, p_value, quantity_interval
from evaluation.races.confirmation import Confirmation, confirmation
from evaluation.races.grid import Grid
from evaluation.races.number_words import in_points
from evaluation.races.ranking import RacePosition, leaders_first, rank_candidates, runner_up
from evaluation.races.rules import Method
from evaluation.races.sequential_evidence import cases_needed
from evaluation.races.state import Ending, RaceState

MOST_NAMES = 6
"""Tied candidates named in a sentence, at most."""


class Verdict(StrEnum):
    """Conclusion about the first candidate."""

    WINNER = "winner"
    """It is the best, confirmed on unseen cases."""
    TIED = "tied"
    """No candidate is shown to be the best."""
    UNCONFIRMED = "unconfirmed"
    """It is the only one left, and was not compared with another candidate on unseen cases."""
    NOBODY = "nobody"
    """Every candidate was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceOutcome:
    """Result of a race."""

    verdict: Verdict
    winner: str | None
    """Label of the winner, if there is one."""
    tied: tuple[str, ...]
    """Labels of the tied candidates, best first; empty if there is a winner."""
    ending: Ending
    sentence: str
    ranking: tuple[RacePosition, ...]
    confirmation: Confirmation | None
    n_more: int | None = None
    """Estimated number of further cases to separate the first from the second, if the observed difference is real."""


def outcome(state: RaceState, grid: Grid, *, seed: int) -> RaceOutcome:
    """Return the outcome of a finished race.

    Args:
        state: With its ending.
        grid: All scores.
        seed: The race's.
    """
    assert state.ending is not None  # noqa: S101 - the caller asks when the race is over
    checked = confirmation(state, grid, seed=seed)
    ranking = rank_candidates(state, grid)
    verdict = _verdict(state, checked)
    tied = _tied(state, grid, ranking, verdict)
    return RaceOutcome(
        verdict=verdict,
        winner=ranking[0].label if verdict is Verdict.WINNER else None,
        tied=tied,
        ending=state.ending,
        sentence=_sentence(state, grid, verdict, ranking, tied, checked),
        ranking=ranking,
        confirmation=checked,
        n_more=_n_more(state, grid),
    )


def _verdict(state: RaceState, checked: Confirmation | None) -> Verdict:
    if not state.alive:
        return Verdict.NOBODY
    if state.ending is not Ending.ONE_LEFT:
        return Verdict.TIED
    if checked is None:
        return Verdict.UNCONFIRMED
    return Verdict.WINNER if checked.is_confirmed else Verdict.TIED


def _tied(state: RaceState, grid: Grid, ranking: tuple[RacePosition, ...], verdict: Verdict) -> tuple[str, ...]:
    if verdict is not Verdict.TIED:
        return ()
    second = runner_up(state, grid) if state.ending is Ending.ONE_LEFT else None
    keys = {state.runners[place].key for place in (*state.alive, *(() if second is None else (second,)))}
    return tuple(position.label for position in ranking if position.key in keys)


def _sentence(
    state: RaceState,
    grid: Grid,
    verdict: Verdict,
    ranking: tuple[RacePosition, ...],
    tied: tuple[str, ...],
    checked: Confirmation | None,
) -> str:
    if verdict is Verdict.NOBODY:
        return "Every candidate was given up; there is no winner."
    first, n_cases = ranking[0].label, counted(state.n_asked, "case")
    if verdict is Verdict.UNCONFIRMED:
        return f"{first} is the only one left after {n_cases}; it was not confirmed on unseen cases."
    if checked is not None:
        return _confirmed(state, grid, verdict, tied, checked)
    names = _listed(tied)
    if state.ending is Ending.TIED_WITHIN_MARGIN:
        margin = in_points((state.rules.margin or 0.0) / grid.span, grid.span)
        return f"{names} are tied after {n_cases}: none is better than {first} by {margin} or more."
    used_up = f"the {n_cases} of the race {'is' if state.n_asked == 1 else 'are'} used up"
    why = f"the budget is spent after {n_cases}" if state.ending is Ending.BUDGET_SPENT else used_up
    more = _n_more(state, grid)
    settled = (
        ""
        if more is None
        else f"; if it is as it seems, about {counted(more, 'more case')} would tell it from {tied[1]}"
    )
    is_ahead = f"; {first} is ahead" if _gap(state, grid) > 0 else ""
    return f"No winner: {why}, and {names} cannot be told apart{is_ahead}{settled}."


def _confirmed(state: RaceState, grid: Grid, verdict: Verdict, tied: tuple[str, ...], checked: Confirmation) -> str:
    unseen, shown = counted(checked.n_cases, "unseen case"), _interval(checked, grid.span)
    others = len(state.runners) - 1
    if verdict is Verdict.WINNER:
        basis = (
            f"the only one of {others + 1} that is not shown to be worse"
            if state.rules.method is Method.EVIDENCE
            else f"first of {others + 1} by halving"
        )
        return f"{checked.winner} wins: {basis} after {counted(state.n_asked, 'case')}; on {unseen} it is {shown}."
    return f"No winner: {checked.winner} came first, but on {unseen} it is {shown}; {_listed(tied)} are tied."


def _interval(checked: Confirmation, span: float) -> str:
    if checked.difference is None:
        return f"not comparable with {checked.runner_up}, as no case has both scores"
    lean = "ahead of" if checked.difference > 0 else "behind" if checked.difference < 0 else "level with"
    if lean == "level with":
        return f"level with {checked.runner_up}"
    scale = 100 if span == 1.0 else 1
    limits = (
        ""
        if checked.low is None or checked.high is None
        else f" {quantity_interval(scale * checked.low, scale * checked.high)}"
    )
    test = f"one-sided {p_value(checked.p_value)}"
    return f"{in_points(checked.difference / span, span)}{limits} {lean} {checked.runner_up} ({test})"


def _gap(state: RaceState, grid: Grid) -> float:
    """Return by how much the first is ahead of the second, on the cases that both have."""
    first, second, *_ = leaders_first(grid, state.alive)
    seen = grid.differences(first, second)
    return float(seen.mean()) if seen.size else 0.0


def _n_more(state: RaceState, grid: Grid) -> int | None:
    """Return the further cases that a race by evidence needs, if they come out like those seen.

    None unless the race ended for want of cases or budget, and where the first two are level.
    """
    if state.ending not in (Ending.CASES_USED_UP, Ending.BUDGET_SPENT):
        return None
    if _gap(state, grid) <= 0:
        return None
    first, second, *_ = leaders_first(grid, state.alive)
    seen = grid.differences(first, second)
    needed = cases_needed(seen, alpha=state.rules.alpha)
    return None if needed is None else _rounded(max(1.0, needed - seen.size))


def _rounded(number: float) -> int:
    """Round to two digits, which is all that such an estimate supports."""
    step: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return max(1, round(number / step) * step)


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > MOST_NAMES:
        return f"{len(names)} candidates ({', '.join(names[:MOST_NAMES])}, …)"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
