"""The answers on a task as a table of candidates and cases: repeats averaged, cases sorted by family."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.records.evidence import Evidence
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskTable:
    """Answers of a task, for the candidates and cases that have any."""

    task: str
    rows: Integers
    """Positions of the task's answers in the evidence."""
    family: Integers
    """Family of each of these answers."""
    candidates: Integers
    """Positions in the evidence of the candidates in the table's rows."""
    cases: Integers
    """Positions in the evidence of the cases in the table's columns."""
    values: Matrix
    """Mean of the repeats, shape (n_candidates, n_cases); 0 for cases that a candidate was not asked."""
    measured: Mask
    n_answers: Integers
    """Number of answers behind each value."""
    family_starts: Integers
    """Position of the first case of each family."""

    @property
    def family_sizes(self) -> Integers:
        """Number of cases of each family."""
        return np.diff(self.family_starts, append=self.values.shape[1])

    @property
    def family_of_case(self) -> Integers:
        """Family of each case, counted from 0; shape (n_cases,)."""
        return np.repeat(np.arange(len(self.family_starts)), self.family_sizes)

    @property
    def case_weights(self) -> Vector:
        """Weights such that every family counts one, however many cases it has."""
        sizes = self.family_sizes
        return np.repeat(1.0 / sizes, sizes)

    def by_family(self, cases: Matrix) -> Matrix:
        """Return the sums of a row's cases within each family."""
        if len(self.family_starts) == cases.shape[1]:
            return cases
        return np.asarray(np.add.reduceat(cases, self.family_starts, axis=1), dtype=np.float64)


def task_tables(evidence: Evidence) -> Iterator[TaskTable]:
    """Yield a table for each task, in the order of their names; a task without a known quality has none."""
    # By its name alone: a question that stands in two versions of a benchmark is one family.
    tasks: dict[str, int] = {}
    families: dict[str, int] = {}
    task_of, family_of = np.empty((2, len(evidence.cases)), dtype=np.int64)
    for place, case in enumerate(evidence.cases):
        task_of[place] = tasks.setdefault(case.task, len(tasks))
        family_of[place] = families.setdefault(case.family, len(families))
    scored = np.flatnonzero(np.isfinite(evidence.quality))
    of_row = task_of[evidence.case[scored]]
    order = np.argsort(of_row, kind="stable")
    ends = np.cumsum(np.bincount(of_row, minlength=len(tasks)))
    for task in sorted(tasks):
        code = tasks[task]
        rows = scored[order[(ends[code - 1] if code else 0) : ends[code]]]
        if rows.size:
            yield _table(evidence, task, rows, family_of)


def _table(evidence: Evidence, task: str, rows: Integers, family_of: Integers) -> TaskTable:
    candidates, row = np.unique(evidence.candidate[rows], return_inverse=True)
    cases = np.unique(evidence.case[rows])
    cases = cases[np.argsort(family_of[cases], kind="stable")]
    place_of = np.empty(len(evidence.cases), dtype=np.int64)
    place_of[cases] = np.arange(cases.size)
    cell = row * cases.size + place_of[evidence.case[rows]]
    size = candidates.size * cases.size
    counts = np.bincount(cell, minlength=size).reshape(candidates.size, cases.size)
    sums = np.bincount(cell, evidence.quality[rows], minlength=size).reshape(counts.shape)
    family = family_of[cases]
    return TaskTable(
        task=task,
        rows=rows,
        family=family_of[evidence.case[rows]],
        candidates=candidates.astype(np.int64),
        cases=cases.astype(np.int64),
        values=sums / np.maximum(counts, 1),
        measured=counts > 0,
        n_answers=counts,
        family_starts=np.flatnonzero(np.r_[True, family[1:] != family[:-1]]),
    )
