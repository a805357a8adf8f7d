"""Who is named for each of many cases, as a recommendation would name: the policy that serves, in one go.

A training is judged by the choices that follow from it, and these depend on what candidates take and on how ties are
broken. So it is these choices that are compared here, by the function that names in `selection.choosing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.evidence import Choosable
from selection.choosing.admission import beaten, takes_of
from selection.choosing.expectations import facts_of
from selection.choosing.naming import named, near_the_best, takings
from selection.scoreboard import Scoreboard
from selection.standing.two_way import Mask, Matrix, Vector
from selection.wishes import TOLERANCE, Constraints, OnTie

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TieRule:
    """How somebody asks for recommendations, as far as it decides among those that are about as good."""

    on_tie: OnTie = "cheapest"
    tolerance: float = TOLERANCE


AS_BY_DEFAULT = TieRule()
HIGHEST = TieRule(on_tie="best")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedPolicy:
    """Who would be named, by what is expected of each candidate on each case."""

    board: Scoreboard
    rule: TieRule = AS_BY_DEFAULT

    def named(self, tasks: NDArray[np.str_], values: Matrix, expected: Matrix) -> Integers:
        """The position of the candidate for each case, of those that were measured on it.

        Args:
            tasks: Of each case; all of them are tasks of the scoreboard.
            values: Qualities, shape (n_cases, n_candidates), NaN where it was not asked; one number in every row.
            expected: The same shape, NaN for one that nothing is known of.
        """
        found = np.zeros(len(values), dtype=np.int64)
        candidates = self.board.candidates
        quality = _nameable(values, expected, candidates)
        for task in np.unique(tasks):
            rows = np.flatnonzero(tasks == task)
            standing = self.board.standings[str(task)]
            facts = facts_of(standing, candidates, Constraints().percentile, None)
            takes = takes_of(facts)[:, 1:]
            # As `in_order` has equals: the one first that takes less.
            order = np.array(
                sorted(
                    range(len(candidates)), key=lambda i: (*takes[i].tolist(), candidates[i].label, candidates[i].key)
                )
            )
            known = np.clip(quality[np.ix_(rows, order)], standing.lowest, standing.highest)
            utility = np.round(100 * _admitted(known, takes[order], [candidates[i].is_program for i in order]), 9)
            near = near_the_best(utility, standing.n_pairs[np.ix_(order, order)], self.rule.tolerance)
            things = [thing[order] for thing in takings(facts, self.rule.on_tie)]
            found[rows] = order[named(utility, near, things)]
        return found

    def reached(self, tasks: NDArray[np.str_], values: Matrix, expected: Matrix) -> Vector:
        """The quality on each case of the candidate named for it, shape (n_cases,)."""
        place = self.named(tasks, values, expected)[:, None]
        return np.asarray(np.take_along_axis(values, place, axis=1)[:, 0], dtype=np.float64)


def _admitted(quality: Matrix, takes: Matrix, is_program: Sequence[bool]) -> Matrix:
    """The qualities, NaN of whom `admission` would not have named for a case.

    A program is left out wherever a model may be named: whether it is told from every model hangs on errors that a
    training does not have for each case.
    """
    models = np.isfinite(quality) & ~np.array(is_program, dtype=np.bool_)
    kind = np.where(models.any(axis=1, keepdims=True), models, np.isfinite(quality))
    nameable = np.where(kind, quality, np.nan)
    return np.where(beaten(nameable, takes), np.nan, nameable)


def _nameable(values: Matrix, expected: Matrix, candidates: tuple[Choosable, ...]) -> Matrix:
    """What is expected, NaN of those that would not be named; where that leaves nobody, all who were asked are."""
    asked = np.isfinite(values)
    ready = np.array([candidate.not_ready is None for candidate in candidates], dtype=np.bool_)
    usable: Mask = asked & np.isfinite(expected)
    of_ready = usable & ready
    usable = np.where(of_ready.any(axis=1, keepdims=True), of_ready, usable)
    known = usable.any(axis=1, keepdims=True)
    return np.where(usable, expected, np.where(asked & ~known, 0.0, np.nan))
