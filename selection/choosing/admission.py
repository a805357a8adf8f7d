"""Who may be named at all, whatever rule then chooses?

Nobody whom another feasible candidate beats: one that is at least as good in everything that is known of it (quality,
seconds, dollars, joules, memory) and better in something. And no program, as the baselines are, unless it is told from
every model: who asks for a model is not served by a program that a model may equal.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from evaluation.evidence import Choosable
from selection.choosing.expectations import Facts
from selection.choosing.ties import Contrast
from selection.standing.two_way import Mask, Matrix


def in_order(
    places: Sequence[int], candidates: Sequence[Choosable], facts: Facts, utility: Mapping[int, float]
) -> list[int]:
    """By utility; of equals the one that is better in what the weights leave out, so that none follows one it beats."""
    takes = takes_of(facts)
    return sorted(
        places,
        key=lambda i: (-round(utility[i], 9), *takes[i].tolist(), candidates[i].label, candidates[i].key),
    )


def may_be_named(
    order: Sequence[int], contrasts: Sequence[Contrast], *, candidates: Sequence[Choosable], facts: Facts
) -> list[int]:
    """Those of the feasible candidates that may be named, in their order; never empty.

    Args:
        order: The feasible candidates by utility.
        contrasts: The first of them against each of the others.
        candidates: All candidates, by position.
        facts: Their numbers.
    """
    kind = _of_the_kind_asked_for(order, contrasts, candidates)
    is_beaten = beaten(takes_of(facts)[kind]).tolist()
    return [i for i, worse in zip(kind, is_beaten, strict=True) if not worse]


def takes_of(facts: Facts) -> Matrix:
    """A row for each candidate; less is better, and what is not known is worse than anything that is."""
    columns = ([-value for value in facts.quality], facts.latency_s, facts.cost_per_1k, facts.energy_j, facts.memory_gb)
    takes = np.array(columns, dtype=np.float64).T
    return np.where(np.isnan(takes), np.inf, takes)


def beaten(takes: Matrix) -> Mask:
    """True for each row than which another is nowhere more and somewhere less; shape (n_rows,)."""
    no_more, less = np.ones((2, len(takes), len(takes)), dtype=np.bool_)
    less[:] = False
    for column in takes.T:
        no_more &= column[:, None] <= column
        less |= column[:, None] < column
    return np.asarray((no_more & less).any(axis=0), dtype=np.bool_)


def _of_the_kind_asked_for(
    order: Sequence[int], contrasts: Sequence[Contrast], candidates: Sequence[Choosable]
) -> list[int]:
    """The models; all where there is no model, and the program that leads where it is told from every model."""
    models = [i for i in order if not candidates[i].is_program]
    if not models:
        return list(order)
    first = order[0]
    if candidates[first].is_program and not any(
        contrast.is_tied and not candidates[i].is_program for i, contrast in zip(order[1:], contrasts, strict=True)
    ):
        return [first]
    return models
