"""Ratios of sums over cases, such as joules for a right answer.

value = Σ numerator / Σ denominator
"""

from collections.abc import Hashable, Sequence

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.scores import Estimate
from evaluation.stats.bootstrap import MIN_UNITS_TO_RESAMPLE, resampled_interval
from evaluation.stats.intervals import MIN_UNITS_FOR_PERCENTILES, Interval, checked_confidence_level
from evaluation.stats.vectors import Vector, as_vector, grouped, is_constant

_DRAWN_AT_ONCE = 1_000_000


def ratio_estimate(
    numerators: Sequence[float],
    denominators: Sequence[float],
    *,
    rng: "np.random.Generator",
    n_resamples: int = 1000,
    clusters: Sequence[Hashable | None] | None = None,
    confidence_level: float = 0.95,
) -> Estimate | None:
    """Return the ratio of the sums, with a bootstrap interval over the cases; None where the denominators sum to 0.

    From 100 cases (or clusters, which are drawn whole) on by percentiles (`bootstrap`), below bias-corrected and
    accelerated (`bootstrap_bca`; Efron 1987, doi:10.1080/01621459.1987.10478410). There is no interval under 5 of
    them, where every resample says the same, and where a resample has nothing to divide by.

    Args:
        numerators: One for each case, not negative.
        denominators: The same cases in the same order, not negative.
        rng: Seed it to reproduce a report.
        n_resamples: How often the cases are drawn again, with replacement.
        clusters: The cluster of each case; None for a case that stands by itself.
        confidence_level: Of the interval.

    Raises:
        ConfigurationError: no cases, or not as many of one as of the other.
    """
    level = checked_confidence_level(confidence_level)
    above, below = as_vector(numerators, what="numerators"), as_vector(denominators, what="denominators")
    if above.size != below.size:
        raise ConfigurationError(f"{above.size} numerators, but {below.size} denominators: one is needed for each")
    if not below.sum():
        return None
    units = _unit_sums(above, below, clusters)
    by_percentiles = len(units) >= MIN_UNITS_FOR_PERCENTILES
    interval = None
    if len(units) >= MIN_UNITS_TO_RESAMPLE:
        resampled = _by_percentiles if by_percentiles else _accelerated
        interval = resampled(units, rng, n_resamples, level)
    return Estimate(
        value=float(above.sum() / below.sum()),
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        n_cases=above.size,
        method="bootstrap" if by_percentiles else "bootstrap_bca",
        confidence_level=level,
    )


def _unit_sums(above: Vector, below: Vector, clusters: Sequence[Hashable | None] | None) -> Vector:
    """Return the sums of numerators and denominators in each unit, shape (n_units, 2)."""
    pairs = np.column_stack([above, below])
    if clusters is None:
        return pairs
    return np.array([pairs[rows].sum(axis=0) for rows in grouped(range(len(pairs)), clusters)])


def _by_percentiles(units: Vector, rng: "np.random.Generator", n_resamples: int, level: float) -> Interval | None:
    at_once = max(1, _DRAWN_AT_ONCE // len(units))
    sums = np.concatenate(
        [
            units[rng.integers(len(units), size=(min(at_once, n_resamples - done), len(units)))].sum(axis=1)
            for done in range(0, n_resamples, at_once)
        ]
    )
    if not sums[:, 1].all():
        return None
    values = sums[:, 0] / sums[:, 1]
    if is_constant(values):
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return Interval(float(low), float(high))


def _accelerated(units: Vector, rng: "np.random.Generator", n_resamples: int, level: float) -> Interval | None:
    def ratio(rows: Sequence[Vector]) -> float:
        above, below = np.sum(rows, axis=0)
        if not below:
            raise ZeroDivisionError
        return float(above / below)

    try:
        return resampled_interval(
            [[unit] for unit in units],
            ratio,
            rng=rng,
            n_resamples=n_resamples,
            accelerated=True,
            confidence_level=level,
        )
    except ZeroDivisionError:
        return None
