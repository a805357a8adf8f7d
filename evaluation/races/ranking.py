"""Ranking of the candidates of a race by their scores on the cases that all of them share."""

from dataclasses import dataclass

import numpy as np

from evaluation.races.grid import Grid
from evaluation.races.state import RaceState


@dataclass(frozen=True, slots=True, kw_only=True)
class RacePosition:
    """A candidate's rank at the end of a race."""

    rank: int
    key: str
    label: str
    score: float | None
    """Mean over its cases, in the metric's unit of a grid from 0 to 1; None if it has no score."""
    n_cases: int
    """Cases on which it has a score."""
    difference: float | None
    """Difference to the first candidate, on the cases that both have; 0 for the first."""
    left_at: int | None
    """Cases that it had been asked when it left; None if it stayed to the end."""
    is_given_up: bool


def leaders_first(grid: Grid, places: tuple[int, ...]) -> tuple[int, ...]:
    """Return these candidates by their mean over the cases that all of them have, best first.

    Without such a case, by the mean over their own.
    """
    if not places:
        return ()
    columns = grid.values[:, list(places)]
    shared = columns[np.isfinite(columns).all(axis=1)]
    means = shared.mean(axis=0) if len(shared) else np.nan_to_num(grid.means()[list(places)], nan=-1.0)
    return tuple(places[index] for index in np.argsort(-means, kind="stable"))


def runner_up(state: RaceState, grid: Grid) -> int | None:
    """Return, of those dropped for their answers, whoever came closest to the only one left; None: there is nobody.

    By the cases before each left; after the confirmation, the one asked in it, whatever the scores say then.
    """
    if len(state.alive) != 1:
        return None
    unseen = grid.values[state.n_asked : state.n_asked + (state.n_confirmed or 0)]
    dropped = [
        (bool(np.isfinite(unseen[:, place]).any()), float(differences.mean()), -place)
        for place, runner in enumerate(state.runners)
        if runner.left_at is not None
        and not runner.is_given_up
        and (differences := grid.first(runner.left_at).differences(place, state.alive[0])).size
    ]
    return -max(dropped)[2] if dropped else None


def finalists(state: RaceState, grid: Grid) -> tuple[int, ...]:
    """Return those that stayed in to the end, and the runner-up where it was asked the unseen cases too."""
    second = runner_up(state, grid) if state.n_confirmed is not None else None
    return state.alive if second is None else tuple(sorted((*state.alive, second)))


def rank_candidates(state: RaceState, grid: Grid) -> tuple[RacePosition, ...]:
    """Return everybody's rank: the finalists, then those dropped by how close they came, then those given up."""
    order = leaders_first(grid, finalists(state, grid))
    gone = [place for place in range(len(state.runners)) if place not in order]
    first = order[0] if order else None
    differences = {place: _difference(grid, place, first) for place in (*order, *gone)}

    def closeness(place: int) -> tuple[bool, float]:
        difference = differences[place]
        return state.runners[place].is_given_up, -(difference if difference is not None else -2.0)

    means, counts = grid.means(), grid.counts()
    return tuple(
        RacePosition(
            rank=rank,
            key=state.runners[place].key,
            label=state.runners[place].label,
            score=None if np.isnan(means[place]) else float(means[place]),
            n_cases=int(counts[place]),
            difference=differences[place],
            left_at=state.runners[place].left_at,
            is_given_up=state.runners[place].is_given_up,
        )
        for rank, place in enumerate((*order, *sorted(gone, key=closeness)), 1)
    )


def _difference(grid: Grid, place: int, first: int | None) -> float | None:
    if first is None:
        return None
    differences = grid.differences(place, first)
    return float(differences.mean()) if differences.size else None
