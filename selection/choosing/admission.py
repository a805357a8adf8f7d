"""Candidates that may be named at all, before any rule of choice applies.

Excluded is a candidate that another feasible one beats: at least as good in everything that is known (quality, seconds,
dollars, joules, memory) and better in something. Programs, such as the baselines, are excluded too, unless told from
every model: a user who asks for a model is not served by a program that a model may equal.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from evaluation.records.evidence import Choosable
from selection.choosing.expectations import Facts
from selection.choosing.ties import Contrast
from selection.scoreboards.two_way import Mask, Matrix

_MOST_AT_ONCE = 4_000_000
"""Maximum number of pairs of candidates on a case held in memory together."""


def in_order(
    places: Sequence[int], candidates: Sequence[Choosable], facts: Facts, utility: Mapping[int, float]
) -> list[int]:
    """Return the candidates by utility; of equals the better in what the weights leave out comes first.

    So none follows one that it beats. Numbers are rounded, so that no order rests on the order of summation.

    Numbers are rounded, so that no order rests on the order in which a mean was summed.
    """
    takes = np.round(takes_of(facts), 9)
    return sorted(
        places,
        key=lambda i: (-round(utility[i], 9), *takes[i].tolist(), candidates[i].label, candidates[i].key),
    )


def may_be_named(
    order: Sequence[int], contrasts: Sequence[Contrast], *, candidates: Sequence[Choosable], facts: Facts
) -> list[int]:
    """Return the feasible candidates that may be named, in their order; never empty.

    Args:
        order: The feasible candidates by utility.
        contrasts: Contrasts of the first of them with each of the others.
        candidates: All candidates, by position.
        facts: Their known values.
    """
    kind = admitted_places(order, contrasts, candidates)
    takes = takes_of(facts)[kind]
    (is_beaten,) = beaten(-takes[None, :, 0], takes[:, 1:]).tolist()
    return [i for i, worse in zip(kind, is_beaten, strict=True) if not worse]


def takes_of(facts: Facts) -> Matrix:
    """Return a row for each candidate; less is better, and unknown values are worse than all known ones."""
    columns = ([-value for value in facts.quality], facts.latency_s, facts.cost_per_1k, facts.energy_j, facts.memory_gb)
    takes = np.array(columns, dtype=np.float64).T
    return np.where(np.isnan(takes), np.inf, takes)


def beaten(quality: Matrix, takes: Matrix) -> Mask:
    """Return True for candidates that are beaten on a case by an admissible one; shape (n_cases, n_candidates).

    Args:
        quality: Expected on each case, shape (n_cases, n_candidates); NaN for one that may not be named.
        takes: From `takes_of` without the quality; the same on all cases.
    """
    n_cases, n = quality.shape
    no_more, less = np.ones((n, n), dtype=np.bool_), np.zeros((n, n), dtype=np.bool_)
    for column in takes.T:
        no_more &= column[:, None] <= column
        less |= column[:, None] < column
    at_once = max(_MOST_AT_ONCE // max(n * n, 1), 1)
    is_beaten = np.zeros(quality.shape, dtype=np.bool_)
    for start in range(0, n_cases, at_once):
        part = quality[start : start + at_once]
        with np.errstate(invalid="ignore"):
            no_worse, better = part[:, :, None] >= part[:, None, :], part[:, :, None] > part[:, None, :]
        is_beaten[start : start + at_once] = (no_more & no_worse & (less | better)).any(axis=1)
    return is_beaten


def admitted_places(order: Sequence[int], contrasts: Sequence[Contrast], candidates: Sequence[Choosable]) -> list[int]:
    """Return the models; all candidates if there is no model; also a leading program told from every model.

    Args:
        order: The feasible candidates by utility.
        contrasts: Contrasts of the first of them with each of the others.
        candidates: All candidates, by position.
    """
    models = [i for i in order if not candidates[i].is_program]
    if not models:
        return list(order)
    first = order[0]
    if candidates[first].is_program and not any(
        contrast.is_tied and not candidates[i].is_program for i, contrast in zip(order[1:], contrasts, strict=True)
    ):
        return [first]
    return models
