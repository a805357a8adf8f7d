"""Choice among candidates that are about as good as the best: the cheapest, the fastest, or the best itself.

The criterion is how much quality it costs, not whether the candidates can be told apart: on few cases, and for a single
prompt always, nearly all are tied, and the cheapest of all may be far worse. The candidate that is named is expected to
be at most a tolerance below the best, so that the whole policy is, too. Serving and the evaluation of a training both
name by this one function.
"""

from collections.abc import Sequence

import numpy as np

from selection.choosing.expectations import Facts
from selection.preferences import MEMORY_DIGITS, TIE_ORDERS, OnTie
from selection.scoreboards.contrasts import MIN_PAIRS
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector

_ROUNDING = 1e-9


def takings(facts: Facts, on_tie: OnTie) -> tuple[Vector, ...]:
    """Return the criteria among near candidates, the first one first; less is better, infinite where unknown."""
    taken = {
        "cost": facts.cost_per_1k,
        "energy": facts.energy_j,
        "latency": facts.latency_s,
        "memory": [round(memory, MEMORY_DIGITS) for memory in facts.memory_gb],
    }
    return tuple(np.nan_to_num(np.array(taken[thing]), nan=np.inf) for thing in TIE_ORDERS[on_tie])


def near_the_best(utility: Matrix, n_pairs: Integers, tolerance: float) -> Mask:
    """Return the best of each row and those near it, shape (n_rows, n_candidates).

    Args:
        utility: Utility in points, shape (n_rows, n_candidates), NaN for those not to name; one number in every row.
        n_pairs: Common families of each pair; a candidate with too few in common with the best is not near.
        tolerance: Tolerance in points.
    """
    best = np.nanargmax(utility, axis=1)
    rows = np.arange(len(utility))
    with np.errstate(invalid="ignore"):
        near: Mask = utility >= (utility[rows, best] - tolerance - _ROUNDING)[:, None]
    near &= n_pairs[best] >= MIN_PAIRS
    near[rows, best] = True
    return near


def named(utility: Matrix, near: Mask, things: Sequence[Vector]) -> Integers:
    """Return the position of the named candidate in each row: of those near the best the one that takes least.

    Where several take as little in everything, the one with the highest utility; of equal ones the first.

    Args:
        utility: As for `near_the_best`.
        near: Result of `near_the_best`.
        things: From `takings`.
    """
    rank = _ranks(things, utility.shape[1])
    least = np.where(near, rank, np.iinfo(np.int64).max)
    alike = least == least.min(axis=1, keepdims=True)
    return np.asarray(np.argmax(np.where(alike, utility, -np.inf), axis=1), dtype=np.int64)


def _ranks(things: Sequence[Vector], n_candidates: int) -> Integers:
    """Return the rank of each candidate by its values; equal values share a rank."""
    if not things:
        return np.zeros(n_candidates, dtype=np.int64)
    _, place = np.unique(np.stack(things, axis=1), axis=0, return_inverse=True)
    return np.asarray(place.ravel(), dtype=np.int64)
