"""The final test of a selection model, on cases of held-out families that influenced no choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evaluation.records.evidence import Evidence
from selection.choosing.calibrated_quality import calibrated
from selection.learning.calibration import calibration_error
from selection.learning.gains import chosen, paired_gain, reached
from selection.learning.policy import ServedPolicy
from selection.learning.quality_matrix import QualityMatrix, evidence_of
from selection.retraining import CapKept, HeldOutReport
from selection.scoreboard import Predictor, Scoreboard
from selection.scoreboards.building import build_scoreboard
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector, fit_two_way


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examination:
    """Held-out cases, with the expectations of the scoreboard of all other cases."""

    keys: tuple[str, ...]
    tasks: tuple[str, ...]
    """One for each case."""
    prompts: tuple[str, ...]
    families: Integers
    values: Matrix
    """Qualities, shape (n_cases, n_candidates), NaN for cases that a candidate was not asked."""
    cost_usd: Matrix
    expected: Matrix
    """Expectations of the scoreboard alone."""
    expected_cost: Matrix
    policy: ServedPolicy
    """Policy that names the candidates."""
    single: Vector
    """Quality of each candidate over all tasks, each case counting alike; shape (n_candidates,)."""

    def reached(self, expected: Matrix, errors: Matrix | None = None) -> Vector:
        """Return the quality of the candidate named for each case by these expectations, shape (n_cases,).

        Args:
            expected: Expected quality of each candidate on each case.
            errors: Standard errors of what is added for the prompts; None: nothing is added.
        """
        return self.policy.reached(np.array(self.tasks), self.values, expected, errors)


def examination(
    evidence: Evidence,
    matrix: QualityMatrix,
    prompts: Sequence[str],
    families: Integers,
    *,
    shown: Mask,
    test_cases: Mask,
) -> Examination | None:
    """Return the test on `test_cases`, with the scoreboard of `shown`; None where no case is usable."""
    if not shown.any():
        return None
    board = build_scoreboard(evidence_of(evidence, shown))
    usable = np.isin(matrix.tasks, list(board.standings)) & np.isfinite(matrix.values).any(axis=1)
    cases = np.flatnonzero(test_cases & usable)
    if not len(cases):
        return None
    tasks = tuple(str(task) for task in matrix.tasks[cases])
    return Examination(
        keys=tuple(candidate.key for candidate in evidence.candidates),
        tasks=tasks,
        prompts=tuple(prompts[case] for case in cases.tolist()),
        families=families[cases],
        values=matrix.values[cases],
        cost_usd=matrix.cost_usd[cases],
        expected=np.array([board.standings[task].quality for task in tasks]),
        expected_cost=np.array([board.standings[task].cost_usd for task in tasks]),
        policy=ServedPolicy(board=board),
        single=single_scores(board),
    )


def single_scores(board: Scoreboard) -> Vector:
    """Return the quality of each candidate over all tasks, each case counting alike; NaN where unknown."""
    values = np.array([standing.quality for standing in board.standings.values()]).T
    weights = np.array([float(standing.n_cases) for standing in board.standings.values()])
    measured = np.isfinite(values)
    scores = np.full(len(values), np.nan)
    rows = measured.any(axis=1)
    if rows.any():
        scores[rows] = fit_two_way(values[rows], measured[rows], weights).mean
    return scores


class Expectations(NamedTuple):
    """Expectations for each candidate on each case, shape (n_cases, n_candidates)."""

    expected: Matrix
    """Values that decide."""
    told: Matrix
    """Values that are reported."""
    errors: Matrix
    """Standard errors of what is added for the prompts."""


def expectations(exam: Examination, model: Predictor | None) -> Expectations:
    """Return the expectations, and their calibrated values."""
    expected = exam.expected.copy()
    told, errors = exam.expected.copy(), np.zeros(exam.expected.shape)
    for row, (task, prompt) in enumerate(zip(exam.tasks, exam.prompts, strict=True)):
        deviations = None if model is None else model.deviations(task, prompt, exam.keys)
        if deviations is not None:
            expected[row] += deviations.value
            told[row] = calibrated(expected[row], deviations.told)
            errors[row] = deviations.se
    return Expectations(expected, told, errors)


def examined(exam: Examination, model: Predictor | None) -> HeldOutReport:
    """Return the model's result on the test; None is the scoreboard alone."""
    expected, told, errors = expectations(exam, model)
    ours, single = exam.reached(expected, errors), reached(exam.values, exam.single)
    per_task, oracle = exam.reached(exam.expected), np.nanmax(exam.values, axis=1)
    cells = np.isfinite(exam.values) & np.isfinite(expected)
    room = float(oracle.mean() - single.mean())
    return HeldOutReport(
        n_cases=len(ours),
        n_families=len(np.unique(exam.families)),
        model=float(ours.mean()),
        best_single=float(single.mean()),
        best_per_task=float(per_task.mean()),
        oracle=float(oracle.mean()),
        over_single=paired_gain(ours, single, exam.families),
        over_best_per_task=paired_gain(ours, per_task, exam.families),
        oracle_share=float(ours.mean() - single.mean()) / room if room > 1e-9 else None,
        regret=float(oracle.mean() - ours.mean()),
        top_1=float((ours >= oracle - 1e-9).mean()),
        calibration_error=calibration_error(told[cells], exam.values[cells]),
        cap=_under_a_cap(exam, expected),
    )


def _under_a_cap(exam: Examination, expected: Matrix) -> CapKept | None:
    usable = np.isfinite(exam.expected_cost) & np.isfinite(exam.cost_usd) & np.isfinite(exam.values)
    rows = usable.any(axis=1)
    if not rows.any():
        return None
    costs = exam.expected_cost[rows]
    caps = np.nanmedian(costs, axis=1)
    feasible = usable[rows] & (costs <= caps[:, None])
    some = feasible.any(axis=1)
    if not some.any():
        return None
    named = chosen(np.where(feasible[some], exam.values[rows][some], np.nan), expected[rows][some])[:, None]
    estimate = np.take_along_axis(costs[some], named, axis=1)[:, 0]
    came = np.take_along_axis(exam.cost_usd[rows][some], named, axis=1)[:, 0]
    total = float(caps[some].sum())
    return CapKept(
        n_cases=int(some.sum()),
        n_violations=int((estimate > caps[some]).sum()),
        held_out_over_cap=float(came.sum()) / total if total > 0 else 0.0,
    )
