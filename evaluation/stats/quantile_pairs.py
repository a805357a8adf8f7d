"""By how much do the medians, or the slow tails, of two candidates differ on the same cases?"""

from collections.abc import Sequence

import numpy as np

from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.score import Estimate
from evaluation.stats.estimate import MIN_UNITS_FOR_PERCENTILES
from evaluation.stats.intervals import checked_confidence_level
from evaluation.stats.numbers import Vector, as_vector, is_constant

_DRAWN_AT_ONCE = 1_000_000


def quantile_difference(
    a: Sequence[float],
    b: Sequence[float],
    q: float,
    *,
    rng: np.random.Generator,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
) -> Estimate:
    """Return the `q` quantile of A less that of B, with an interval from resampled pairs (`paired_bootstrap`).

    There is no interval (None) for fewer than 100 pairs, where percentiles of resamples are too short, and where all
    resamples say the same. The order of the pairs does not matter.

    Args:
        a: One value for each case.
        b: The same cases in the same order.
        q: Between 0 and 1: 0.5 for the median, 0.95 for the slow tail.
        rng: Seed it to reproduce a report.
        n_resamples: How often the pairs are drawn again, with replacement.
        confidence_level: Of the interval.

    Raises:
        IncomparableError: not as many values of one as of the other.
        ConfigurationError: no values, one that is not finite, or no such quantile.
    """
    level = checked_confidence_level(confidence_level)
    if not 0 < q < 1:
        raise ConfigurationError(f"q={q!r} must lie between 0 and 1", "for the 95th percentile write 0.95")
    left, right = as_vector(a, what="values of A"), as_vector(b, what="values of B")
    if left.size != right.size:
        raise IncomparableError(f"{left.size} values of A and {right.size} of B make no pairs", "pair them by case id")
    order = np.lexsort((right, left))
    limits = None
    if left.size >= MIN_UNITS_FOR_PERCENTILES:
        resampled = _resampled(left[order], right[order], q, rng, n_resamples)
        limits = None if is_constant(resampled) else np.quantile(resampled, ((1 - level) / 2, (1 + level) / 2))
    return Estimate(
        value=float(np.quantile(left, q) - np.quantile(right, q)),
        low=None if limits is None else float(limits[0]),
        high=None if limits is None else float(limits[1]),
        n_cases=left.size,
        method="paired_bootstrap",
        confidence_level=level,
    )


def _resampled(a: Vector, b: Vector, q: float, rng: np.random.Generator, n_resamples: int) -> Vector:
    """Return what the pairs say when they are drawn again, shape (n_resamples,)."""
    at_once = max(1, _DRAWN_AT_ONCE // a.size)
    parts = []
    for done in range(0, n_resamples, at_once):
        rows = rng.integers(a.size, size=(min(at_once, n_resamples - done), a.size), dtype=np.int32)
        parts.append(np.quantile(a[rows], q, axis=1) - np.quantile(b[rows], q, axis=1))
    return np.concatenate(parts)
