"""Evidence as a matrix: cases in rows, candidates in columns, repeats averaged; and parts of evidence by case."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.records.evidence import Evidence
from selection.scoreboards.two_way import Integers, Mask, Matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityMatrix:
    """Quality of each candidate on each case, NaN where it was not asked; rows and columns as in the evidence."""

    values: Matrix
    cost_usd: Matrix
    latency_s: Matrix
    tasks: NDArray[np.str_]
    """One for each case."""

    def task_names(self) -> tuple[str, ...]:
        """Return the tasks with any measurement, sorted."""
        return tuple(str(task) for task in np.unique(self.tasks[np.isfinite(self.values).any(axis=1)]))

    def of_task(self, task: str, cases: Mask) -> Integers:
        """Return the positions of those `cases` that belong to the task and that any candidate was measured on."""
        positions: Integers = np.flatnonzero(cases & (self.tasks == task) & np.isfinite(self.values).any(axis=1))
        return positions


def quality_matrix(evidence: Evidence) -> QualityMatrix:
    """Return the evidence by case and candidate."""
    return QualityMatrix(
        values=_averaged(evidence, evidence.quality),
        cost_usd=_averaged(evidence, evidence.cost_usd),
        latency_s=_averaged(evidence, evidence.latency_s),
        tasks=np.array([case.task for case in evidence.cases], dtype=np.str_),
    )


def _averaged(evidence: Evidence, column: NDArray[np.float64]) -> Matrix:
    shape = (len(evidence.cases), len(evidence.candidates))
    measured = np.isfinite(column)
    cell = evidence.case[measured].astype(np.int64) * shape[1] + evidence.candidate[measured]
    counts = np.bincount(cell, minlength=shape[0] * shape[1])
    sums = np.bincount(cell, column[measured], minlength=shape[0] * shape[1])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(shape)


def evidence_of(evidence: Evidence, cases: Mask) -> Evidence:
    """Return the part of the evidence measured on `cases`, shape (n_cases,); candidates keep their positions."""
    rows = cases[evidence.case]
    place = np.cumsum(cases) - 1
    return Evidence(
        candidates=evidence.candidates,
        cases=tuple(case for case, kept in zip(evidence.cases, cases, strict=True) if kept),
        candidate=evidence.candidate[rows],
        case=place[evidence.case[rows]].astype(np.int32),
        quality=evidence.quality[rows],
        latency_s=evidence.latency_s[rows],
        cost_usd=evidence.cost_usd[rows],
        energy_j=evidence.energy_j[rows],
        fingerprint=f"part of {evidence.fingerprint}",
        benchmarks=evidence.benchmarks,
    )
