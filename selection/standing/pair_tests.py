"""Which candidates can be told apart on a task, allowing for all pairs that are looked at?

The same evidence gets the same answer as from `benchwright compare`: McNemar's test where all answers of two are right
or wrong, adjusted by Holm over all pairs of the task. Other scores are held against Student's t, with the errors of
`selection.standing.contrasts`.
"""

from collections.abc import Sequence

import numpy as np

from evaluation.stats.mcnemar import mcnemar_p_value
from evaluation.stats.multiplicity import holm
from selection.choosing.student import paired_p_value
from selection.scoreboard import PairTests, TaskStanding
from selection.standing.contrasts import MIN_PAIRS, Contrasts
from selection.standing.task_table import Integers
from selection.standing.two_way import Matrix


def tested_pairs(contrasts: Contrasts) -> PairTests:
    """Every pair that shares enough families, tested and adjusted."""
    differing = np.where(contrasts.only_row >= 0, contrasts.only_row + contrasts.only_row.T, -1)

    def p_value(a: int, b: int) -> float:
        if differing[a, b] >= 0:
            return mcnemar_p_value(int(contrasts.only_row[a, b]), int(contrasts.only_row[b, a]))[0]
        difference, se = float(contrasts.difference[a, b]), float(contrasts.se[a, b])
        return paired_p_value(difference, se, int(contrasts.n_pairs[a, b]))

    rows, columns = np.triu_indices(len(differing), 1)
    enough = contrasts.n_pairs[rows, columns] >= MIN_PAIRS
    places = list(zip(rows[enough].tolist(), columns[enough].tolist(), strict=True))
    p_adjusted = np.full(differing.shape, np.nan)
    for (a, b), p in zip(places, holm([p_value(a, b) for a, b in places]), strict=True):
        p_adjusted[a, b] = p_adjusted[b, a] = p
    return PairTests(p_adjusted=p_adjusted, n_differing=differing, n_tests=len(places))


def tests_over_tasks(
    standings: Sequence[TaskStanding], difference: Matrix, se: Matrix, n_pairs: Integers
) -> PairTests | None:
    """Of the means over tasks; of a single task that task's own. None where a task's are not known."""
    if len(standings) == 1:
        return standings[0].tests
    return tested_pairs(Contrasts(difference, se, n_pairs, np.full(n_pairs.shape, -1)))
