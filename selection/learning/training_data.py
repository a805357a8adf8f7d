"""Training data: cases of all tasks with their prompts, families and expected quality."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.records.evidence import Evidence
from selection.learning.families import folds
from selection.learning.policy import ServedPolicy
from selection.learning.quality_matrix import QualityMatrix, evidence_of
from selection.scoreboards.building import build_scoreboard
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector

N_FOLDS = 5
MOST_CASES = 12_000
"""Maximum number of cases to learn from, drawn at random."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """Cases to learn from; arrays have a row for each."""

    tasks: tuple[str, ...]
    keys: tuple[str, ...]
    """Keys of the candidates."""
    cases: Integers
    """Positions in the evidence."""
    prompts: tuple[str, ...]
    values: Matrix
    """Qualities, shape (n_cases, n_candidates), NaN where missing."""
    task: Integers
    """Position in `tasks`."""
    families: Integers
    fold: Integers
    n_folds: int
    expected: Matrix
    """Expectations of the scoreboard without the case's fold, shape (n_cases, n_candidates), NaN where unknown."""
    policy: ServedPolicy
    """Policy that names the candidates."""

    def reached(self, expected: Matrix, errors: Matrix | None = None) -> Vector:
        """Return the quality of the candidate named for each case by these expectations, shape (n_cases,).

        Args:
            expected: Expected quality of each candidate on each case.
            errors: Standard errors of what is added for the prompts; None: nothing is added.
        """
        return self.policy.reached(np.array(self.tasks)[self.task], self.values, expected, errors)

    @property
    def n_families(self) -> int:
        """Number of families."""
        return len(np.unique(self.families))


def material(
    evidence: Evidence,
    matrix: QualityMatrix,
    prompts: Sequence[str],
    families: Integers,
    shown: Mask,
    rng: "np.random.Generator",
) -> Material:
    """Return the cases of `shown`, at most `MOST_CASES` of them, with folds drawn by family."""
    cases = np.flatnonzero(shown)
    if len(cases) > MOST_CASES:
        cases = np.sort(rng.choice(cases, MOST_CASES, replace=False))
    n_folds = max(min(N_FOLDS, len(np.unique(families[cases]))), 1)
    fold_of = folds(families, n_folds, rng)
    tasks = tuple(sorted(set(matrix.tasks[cases].tolist())))
    expected = np.full((len(cases), len(evidence.candidates)), np.nan)
    for fold in range(n_folds):
        board = build_scoreboard(evidence_of(evidence, shown & (fold_of != fold)))
        for task, standing in board.standings.items():
            expected[(fold_of[cases] == fold) & (matrix.tasks[cases] == task)] = standing.quality
    return Material(
        tasks=tasks,
        keys=tuple(candidate.key for candidate in evidence.candidates),
        cases=cases,
        prompts=tuple(prompts[case] for case in cases.tolist()),
        values=matrix.values[cases],
        task=np.searchsorted(np.array(tasks), matrix.tasks[cases]) if tasks else np.zeros(0, dtype=np.int64),
        families=families[cases],
        fold=fold_of[cases],
        n_folds=n_folds,
        expected=expected,
        policy=ServedPolicy(board=build_scoreboard(evidence_of(evidence, shown))),
    )
