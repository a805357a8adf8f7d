"""Do the differences of ratings lean to one side, when only their order counts?

Wilcoxon's test on signed ranks with Pratt's zeros: pairs without difference are ranked, then left out.
"""

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.numbers import Vector
from evaluation.stats.rank_correlation import centred_ranks

MAX_PAIRS_FOR_EXACT = 20
_MAX_DISTINCT = 2000
_DIGITS = 12
_TINY = 1e-300


def wilcoxon_p_value(differences: Vector) -> tuple[float, str]:
    """Return the two-sided p, and the form of the test; 1 where nothing differs.

    Up to 20 pairs that differ it is exact, given the ranks at hand (`wilcoxon_pratt_exact`), beyond it is normal
    without continuity correction (`wilcoxon_pratt`).
    """
    ranks, is_up = _signed_ranks(differences)
    if ranks.size <= MAX_PAIRS_FOR_EXACT:
        lean = abs(2 * float(ranks[is_up].sum()) - float(ranks.sum()))
        return _exact(ranks, lean), "wilcoxon_pratt_exact"
    return normal_p_value(differences), "wilcoxon_pratt"


def normal_p_value(differences: Vector) -> float:
    """Return the two-sided p of the normal approximation, without continuity correction.

    Some difference must not be 0.
    """
    ranks, is_up = _signed_ranks(differences)
    lean = abs(2 * float(ranks[is_up].sum()) - float(ranks.sum()))
    return erfc(lean / sqrt(2 * float((ranks**2).sum())))


def rank_biserial(differences: Vector) -> float | None:
    """Return the ranks of the pairs that A wins less those that B wins, as a share of both, in [-1, 1] (Kerby 2014).

    None where nothing differs.
    """
    ranks, is_up = _signed_ranks(differences)
    total = float(ranks.sum())
    return (2 * float(ranks[is_up].sum()) - total) / total if total else None


def hodges_lehmann(differences: Vector) -> float | None:
    """Return the median of the means of all two differences (each with itself, too).

    None beyond 2000 distinct differences.
    """
    values, counts = np.unique(differences, return_counts=True)
    if values.size > _MAX_DISTINCT:
        return None
    means = (values[:, None] + values[None, :]) / 2
    # Each unordered pair once: ordered pairs count twice, pairs of a difference with itself once.
    weights = np.outer(counts, counts) + np.diag(counts)
    order = np.argsort(means, axis=None)
    return _weighted_median(means.ravel()[order], weights.ravel()[order].astype(np.float64))


def _weighted_median(values: Vector, weights: Vector) -> float:
    """Return the median of values of which each stands as often as its weight says."""
    reached = np.cumsum(weights)
    half = reached[-1] / 2
    lower = int(np.searchsorted(reached, half))
    upper = int(np.searchsorted(reached, half, side="right"))
    return float(values[lower] + values[upper]) / 2


def _signed_ranks(differences: Vector) -> tuple[Vector, NDArray[np.bool_]]:
    """Return the ranks of the sizes that are not zero, zeros ranked with them, and which of them are positive."""
    sizes = np.abs(differences)
    # 0.3 - 0.2 and 0.2 - 0.1 are one size.
    ranks = centred_ranks(np.round(sizes / max(float(sizes.max()), _TINY), _DIGITS)) + (sizes.size + 1) / 2
    moved = differences != 0
    return ranks[moved], differences[moved] > 0


def _exact(ranks: Vector, lean: float) -> float:
    """Return the share of all choices of signs under which the signed ranks lean as far."""
    # Shared ranks end in .5: doubled, all are whole numbers.
    doubled = np.rint(2 * ranks).astype(np.intp)
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1
    for rank in doubled:
        ways[rank:] += ways[:-rank].copy()
    leans = np.abs(2 * np.arange(ways.size) - (ways.size - 1))
    return float(ways[leans >= round(2 * lean)].sum() / ways.sum())
