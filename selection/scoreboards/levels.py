"""Measured quality of each candidate on the cases that it was asked, and why its expected quality differs.

Measured is the mean over families of the mean of a family's cases, repeats averaged first: what a run's page shows of
these cases, and what the paired differences of `selection.scoreboards.contrasts` are differences of.
"""

from collections.abc import Sequence

import numpy as np

from evaluation.records.evidence import Evidence
from selection.scoreboard import Levels, TaskStanding
from selection.scoreboards.contrasts import MIN_PAIRS
from selection.scoreboards.task_table import TaskTable
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector


def levels_on_task(evidence: Evidence, table: TaskTable, mean: Vector, shift: Vector) -> Levels:
    """Return the levels of all candidates, with each benchmark of the task apart.

    Args:
        evidence: Evidence with the table's rows.
        table: The task's answers.
        mean: Fitted mean of each of the table's candidates on all of the task's cases.
        shift: What shrinkage towards its results on other tasks adds to that.
    """
    n, place = len(evidence.candidates), table.candidates
    yardsticks = np.array([evidence.cases[case].yardstick for case in table.cases.tolist()], dtype=np.object_)
    names = list(dict.fromkeys(yardsticks.tolist()))
    own = [yardsticks == name for name in names]
    measured = mean_of_families(table.values, table.measured, table.family_of_case)
    by_part = np.full((n, len(names)), np.nan)
    n_by_part, n_answers = np.zeros((2, n, len(names)), dtype=np.int64)
    for part, cases in enumerate(own):
        by_part[place, part] = mean_of_families(
            table.values[:, cases], table.measured[:, cases], table.family_of_case[cases]
        )
        n_by_part[place, part] = table.measured[:, cases].sum(axis=1)
        n_answers[place, part] = table.n_answers[:, cases].sum(axis=1)
    return Levels(
        measured=at_places(measured, place, n),
        filled_in=at_places(np.where(table.measured.all(axis=1), 0.0, mean - measured), place, n),
        pulled=at_places(shift, place, n),
        parts=tuple(evidence.benchmarks.get(name, name) for name in names),
        are_tasks=False,
        by_part=by_part,
        n_by_part=n_by_part,
        n_answers=n_answers,
        n_cases=np.array([int(cases.sum()) for cases in own], dtype=np.int64),
    )


def levels_over_tasks(standings: Sequence[TaskStanding], quality: Vector) -> Levels | None:
    """Return the means over each candidate's measured tasks; None where a task's levels are not known.

    Args:
        standings: Standings on the tasks.
        quality: Expected quality over all of them.
    """
    levels = [standing.levels for standing in standings if standing.levels is not None]
    if len(levels) != len(standings) or not levels:
        return None
    by_part = np.stack([level.measured for level in levels], axis=1)
    # As for differences: a task of which next to nothing is known of a candidate does not speak for it.
    enough = np.stack([standing.n_pairs.diagonal() >= MIN_PAIRS for standing in standings], axis=1) & np.isfinite(
        by_part
    )
    counted = np.where(enough.any(axis=1, keepdims=True), enough, np.isfinite(by_part))
    measured = _mean_where(by_part, counted)
    pulled = _mean_where(np.stack([level.pulled for level in levels], axis=1), counted)
    return Levels(
        measured=measured,
        filled_in=quality - measured - pulled,
        pulled=pulled,
        parts=tuple(standing.task for standing in standings),
        are_tasks=True,
        by_part=by_part,
        n_by_part=np.stack([level.n_by_part.sum(axis=1) for level in levels], axis=1),
        n_answers=np.stack([level.n_answers.sum(axis=1) for level in levels], axis=1),
        n_cases=np.array([standing.n_cases for standing in standings], dtype=np.int64),
    )


def mean_of_families(values: Matrix, measured: Mask, family: Integers) -> Vector:
    """Return each candidate's mean over the families it was asked; NaN where there are none.

    Args:
        values: Value of each case, shape (n_candidates, n_cases).
        measured: Where there is a value.
        family: Family of each case; those of a family are adjacent.
    """
    starts = np.flatnonzero(np.diff(family, prepend=-1))
    counts = np.add.reduceat(measured, starts, axis=1, dtype=np.int64)
    means = np.add.reduceat(np.where(measured, values, 0.0), starts, axis=1) / np.maximum(counts, 1)
    return _mean_where(means, counts > 0)


def _mean_where(values: Matrix, counted: Mask) -> Vector:
    n = counted.sum(axis=1)
    total = np.where(counted, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0), dtype=np.float64)


def at_places(values: Vector, place: Integers, n: int) -> Vector:
    """Return the values of all candidates, from those of the ones at `place`; NaN for the others."""
    spread = np.full(n, np.nan)
    spread[place] = values
    return spread
