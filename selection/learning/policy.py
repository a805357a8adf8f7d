"""The serving policy applied to many cases at once: the candidate that a recommendation would name for each.

A training is judged by the choices that follow from it, and these depend on what candidates take and on how ties are
broken. So these choices are compared here, made by the function that names candidates in `selection.choosing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.records.evidence import Choosable
from selection.choosing.admission import admitted_places, beaten, takes_of
from selection.choosing.expectations import facts_of
from selection.choosing.limits import nearly_always_fails
from selection.choosing.tie_breaking import named, near_the_best, takings
from selection.choosing.ties import contrasts_with
from selection.preferences import TOLERANCE, Constraints, OnTie
from selection.scoreboard import Deviations, Scoreboard, TaskStanding
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class TieRule:
    """Preferences of a user, as far as they decide among candidates of about equal quality."""

    on_tie: OnTie = "cheapest"
    tolerance: float = TOLERANCE


AS_BY_DEFAULT = TieRule()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedPolicy:
    """Policy that names a candidate by the expectations of each candidate on each case."""

    board: Scoreboard
    rule: TieRule = AS_BY_DEFAULT

    def named(
        self, tasks: NDArray[np.str_], values: Matrix, expected: Matrix, errors: Matrix | None = None
    ) -> Integers:
        """Return the position of the candidate named for each case, among those measured on it.

        Args:
            tasks: Task of each case, all on the scoreboard.
            values: Qualities, shape (n_cases, n_candidates), NaN where not asked; one number in every row.
            expected: Expectations, the same shape, NaN for unknown candidates.
            errors: Standard errors of what is added for the prompts, the same shape; None: nothing is added.
        """
        positions = np.zeros(len(values), dtype=np.int64)
        candidates = self.board.candidates
        for task in np.unique(tasks):
            rows = np.flatnonzero(tasks == task)
            quality = _nameable(values[rows], expected[rows], candidates, str(task))
            standing = self.board.standings[str(task)]
            facts = facts_of(standing, candidates, Constraints().percentile, None)
            takes = takes_of(facts)[:, 1:]
            # As `in_order` has equals: the one first that takes less.
            order = np.array(
                sorted(
                    range(len(candidates)), key=lambda i: (*takes[i].tolist(), candidates[i].label, candidates[i].key)
                )
            )
            clipped = np.clip(quality[:, order], standing.lowest, standing.highest)
            added = np.zeros(clipped.shape) if errors is None else errors[np.ix_(rows, order)]
            kind = _without_excluded_programs(clipped, added, order, standing, candidates)
            utility = np.round(100 * np.where(beaten(kind, takes[order]), np.nan, kind), 9)
            near = near_the_best(utility, standing.n_pairs[np.ix_(order, order)], self.rule.tolerance)
            things = [thing[order] for thing in takings(facts, self.rule.on_tie)]
            positions[rows] = order[named(utility, near, things)]
        return positions

    def reached(
        self, tasks: NDArray[np.str_], values: Matrix, expected: Matrix, errors: Matrix | None = None
    ) -> Vector:
        """Return the quality on each case of the candidate named for it, shape (n_cases,)."""
        place = self.named(tasks, values, expected, errors)[:, None]
        return np.asarray(np.take_along_axis(values, place, axis=1)[:, 0], dtype=np.float64)


def _without_excluded_programs(
    quality: Matrix, errors: Matrix, order: Integers, standing: TaskStanding, candidates: Sequence[Choosable]
) -> Matrix:
    """Return the qualities, NaN for candidates that `admission` leaves out on a case as programs.

    Or as candidates beside a program that leads.

    Args:
        quality: Expected quality, shape (n_cases, n_candidates), NaN for those that cannot be named.
        errors: Standard errors of what is added for the prompts.
        order: The positions of the columns in the scoreboard.
        standing: Standing on the task.
        candidates: All candidates, by position.
    """
    is_program = np.array([candidates[i].is_program for i in order], dtype=np.bool_)
    models = np.isfinite(quality) & ~is_program
    allowed = np.where(models.any(axis=1, keepdims=True) & ~models, np.nan, quality)
    utility = np.round(100 * quality, 9)
    leads = is_program[np.nanargmax(utility, axis=1)] & models.any(axis=1)
    kinds: dict[bytes, list[int]] = {}
    for row in np.flatnonzero(leads).tolist():
        key = quality[row].tobytes() + errors[row].tobytes()
        if key not in kinds:
            kinds[key] = _kind_on_a_case(quality[row], errors[row], order, standing, candidates)
        allowed[row] = np.where(np.isin(order, kinds[key]), quality[row], np.nan)
    return allowed


def _kind_on_a_case(
    quality: Vector, errors: Vector, order: Integers, standing: TaskStanding, candidates: Sequence[Choosable]
) -> list[int]:
    best_first = np.argsort(-np.round(100 * quality, 9), kind="stable")
    places = order[[at for at in best_first.tolist() if np.isfinite(quality[at])]].tolist()
    moved, se = np.zeros((2, len(candidates)))
    moved[order] = np.nan_to_num(quality - standing.quality[order])
    se[order] = errors
    contrasts = contrasts_with(
        places[0],
        places[1:],
        standing=standing,
        deviations=Deviations(value=moved, se=se),
        quality_weight=1.0,
        beside=[0.0] * len(candidates),
    )
    return admitted_places(places, contrasts, candidates)


def _nameable(values: Matrix, expected: Matrix, candidates: tuple[Choosable, ...], task: str) -> Matrix:
    """Return the expectations on cases of a task, NaN for candidates that would not be named.

    Where none would be, all candidates that were asked are.
    """
    measured = np.isfinite(values)
    ready = np.array(
        [candidate.not_ready is None and not nearly_always_fails(candidate, task) for candidate in candidates],
        dtype=np.bool_,
    )
    usable: Mask = measured & np.isfinite(expected)
    of_ready = usable & ready
    usable = np.where(of_ready.any(axis=1, keepdims=True), of_ready, usable)
    any_usable = usable.any(axis=1, keepdims=True)
    return np.where(usable, expected, np.where(measured & ~any_usable, 0.0, np.nan))
