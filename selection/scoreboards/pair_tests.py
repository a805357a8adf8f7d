"""Pairwise tests of candidates on a task, adjusted for all pairs that are compared.

The same evidence gets the same answer as from `benchwright compare`, adjusted by Holm over all pairs of the task:
McNemar's test where all answers are right or wrong, else a test that flips the signs of the differences, or Student's t
where several cases are of one family.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from evaluation.stats.continuous_pairs import paired_t_p_value
from evaluation.stats.multiplicity import holm
from evaluation.stats.paired_tests import mcnemar_p_value, sign_flip_p_value
from evaluation.stats.ranking import pair_rng
from selection.scoreboard import BY_SIGN_FLIPS, BY_STUDENTS_T, PairTests, TaskStanding
from selection.scoreboards.contrasts import MIN_PAIRS, Contrasts
from selection.scoreboards.student import paired_p_value
from selection.scoreboards.task_table import TaskTable
from selection.scoreboards.two_way import Integers, Matrix

MAX_FLIPPED = 50_000
"""Maximum number of differences, over all pairs of a task, whose signs are flipped: about half a second of work."""
_WORK_OF_A_PAIR = 40
"""Fixed work of a pair, in units of one difference."""
_SEED = 0
"""Seed, the default of `compare`."""

Tested = tuple[float, int]
"""p-value, and the test's code in `PairTests.n_differing`."""


def tested_pairs(table: TaskTable, labels: Sequence[str], contrasts: Contrasts) -> PairTests:
    """Test every pair of a task with enough common families, and adjust the p-values.

    Args:
        table: The task's scores.
        labels: Labels of all candidates, which seed the flips of a pair.
        contrasts: Contrasts of all candidates.
    """
    places = _places(contrasts)
    work = sum(int(contrasts.n_pairs[place]) + _WORK_OF_A_PAIR for place in places)
    if work > MAX_FLIPPED or all(contrasts.only_row[place] >= 0 for place in places):
        return _adjusted(contrasts, partial(_by_contrast, contrasts))
    return _adjusted(contrasts, partial(_by_scores, table, labels))


def tests_over_tasks(
    standings: Sequence[TaskStanding], difference: Matrix, se: Matrix, n_pairs: Integers
) -> PairTests | None:
    """Return the tests of the means over tasks; of a single task its own. None where a task's are not known."""
    if len(standings) == 1:
        return standings[0].tests
    contrasts = Contrasts(difference, se, n_pairs, np.full(n_pairs.shape, -1))
    return _adjusted(contrasts, partial(_by_contrast, contrasts))


def _places(contrasts: Contrasts) -> list[tuple[int, int]]:
    rows, columns = np.triu_indices(len(contrasts.n_pairs), 1)
    enough = contrasts.n_pairs[rows, columns] >= MIN_PAIRS
    return list(zip(rows[enough].tolist(), columns[enough].tolist(), strict=True))


def _adjusted(contrasts: Contrasts, test: Callable[[int, int], Tested]) -> PairTests:
    places = _places(contrasts)
    tested = [test(a, b) for a, b in places]
    p_adjusted = np.full(contrasts.n_pairs.shape, np.nan)
    n_differing = np.full(contrasts.n_pairs.shape, BY_STUDENTS_T)
    for (a, b), p, (_, by) in zip(places, holm([p for p, _ in tested]), tested, strict=True):
        p_adjusted[a, b] = p_adjusted[b, a] = p
        n_differing[a, b] = n_differing[b, a] = by
    return PairTests(p_adjusted=p_adjusted, n_differing=n_differing, n_tests=len(places))


def _by_contrast(contrasts: Contrasts, a: int, b: int) -> Tested:
    """Return McNemar's test of right-or-wrong answers, and Student's t of other scores."""
    only_a, only_b = int(contrasts.only_row[a, b]), int(contrasts.only_row[b, a])
    if only_a >= 0:
        return mcnemar_p_value(only_a, only_b)[0], only_a + only_b
    difference, se = float(contrasts.difference[a, b]), float(contrasts.se[a, b])
    return paired_p_value(difference, se, int(contrasts.n_pairs[a, b])), BY_STUDENTS_T


def _by_scores(table: TaskTable, labels: Sequence[str], a: int, b: int) -> Tested:
    """Test by sign flips, or by Student's t of the families' means where several common cases are of one family."""
    row_a, row_b = np.searchsorted(table.candidates, (a, b))
    both = table.measured[row_a] & table.measured[row_b]
    differences = (table.values[row_a] - table.values[row_b])[both]
    _, family = np.unique(table.family_of_case[both], return_inverse=True)
    means = np.bincount(family, differences) / np.bincount(family)
    if means.size < differences.size and (p_value := paired_t_p_value(means)) is not None:
        return p_value, BY_STUDENTS_T
    return sign_flip_p_value(means, rng=pair_rng(_SEED, labels[a], labels[b]))[0], BY_SIGN_FLIPS
