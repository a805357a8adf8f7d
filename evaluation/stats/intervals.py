"""Confidence intervals of means, shares and quantiles over cases."""

from collections.abc import Callable, Hashable, Sequence
from math import cbrt, inf, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.scores import Estimate
from evaluation.stats.vectors import SKEWED, Vector, as_vector, cluster_means, is_binary, is_constant, skewness


class Interval(NamedTuple):
    """Lower and upper limit."""

    low: float
    high: float


def interval_within(interval: Interval | None, least: float, greatest: float) -> Interval | None:
    """Return the interval cut to what is possible, which costs no coverage."""
    return None if interval is None else Interval(max(least, interval.low), min(greatest, interval.high))


SHARES = (0.0, 1.0)
"""Range of a share."""


def checked_confidence_level(confidence_level: float) -> float:
    """Return the level, checking that it is at least one half and below 1."""
    if not 0.5 <= confidence_level < 1:
        raise ConfigurationError(
            f"confidence_level={confidence_level!r} must be at least 0.5 and below 1",
            next_step="For 95% intervals write 0.95, not 0.05",
        )
    return confidence_level


def wilson_interval(n_successes: int, n: int, *, confidence_level: float = 0.95) -> Interval:
    """Return the interval of a proportion, within [0, 1]; never of zero width (Wilson 1927)."""
    z = z_value(confidence_level)
    share = n_successes / n
    centre = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if n_successes == 0 else (centre - spread) / scale
    high = 1.0 if n_successes == n else (centre + spread) / scale
    return Interval(low, high)


def newcombe_interval(*, both: int, only_a: int, only_b: int, neither: int, confidence_level: float = 0.95) -> Interval:
    """Return the interval of the difference of two paired proportions, A less B (Newcombe 1998, method 10).

    Source: Statistics in Medicine 17:2635. Never of zero width, and accurate down to ten pairs.
    """
    n = both + only_a + only_b + neither
    a, b = (both + only_a) / n, (both + only_b) / n
    low_a, high_a = wilson_interval(both + only_a, n, confidence_level=confidence_level)
    low_b, high_b = wilson_interval(both + only_b, n, confidence_level=confidence_level)
    phi = newcombe_phi(both=both, only_a=only_a, only_b=only_b, neither=neither)
    below = _joined(a - low_a, high_b - b, phi)
    above = _joined(high_a - a, b - low_b, phi)
    return Interval(max(-1.0, a - b - below), min(1.0, a - b + above))


def newcombe_phi(*, both: int, only_a: int, only_b: int, neither: int) -> float:
    """Return the correlation of the two outcomes, a positive one shrunk towards 0 (Newcombe's continuity correction).

    0 where one of the two is always right, or always wrong.
    """
    product = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if product == 0:
        return 0.0
    cross = both * neither - only_a * only_b
    n = both + only_a + only_b + neither
    return (max(cross - n / 2, 0.0) if cross > 0 else cross) / sqrt(product)


def t_interval(mean: float, standard_error: float, degrees_of_freedom: float, *, confidence_level: float) -> Interval:
    """Return Student's interval around a mean."""
    from scipy.special import stdtrit

    half_width = float(stdtrit(degrees_of_freedom, (1 + confidence_level) / 2)) * standard_error
    return Interval(mean - half_width, mean + half_width)


def skewed_t_interval(values: Vector, skewness: float, *, confidence_level: float) -> Interval:
    """Return the interval around the mean of a skewed sample: Student's limits through Hall's monotone transformation.

    Longer on the side of the long tail. With u = ±t / √n the limits are mean - s w(u), and
    w(u) = 3 / g · (∛(1 + g (u - g / 6n)) - 1), g the sample's skewness (Hall 1992, J R Statist Soc B 54:221).

    Args:
        values: More than two.
        skewness: Theirs, not 0.
        confidence_level: Of the interval.
    """
    from scipy.special import stdtrit

    n, mean, deviation = values.size, float(values.mean()), float(values.std(ddof=1))
    limit = float(stdtrit(n - 1, (1 + confidence_level) / 2)) / sqrt(n)

    def below(u: float) -> float:
        return deviation * 3 / skewness * (cbrt(1 + skewness * (u - skewness / (6 * n))) - 1)

    return Interval(mean - below(limit), mean - below(-limit))


def z_value(confidence_level: float) -> float:
    """Return the half-width, in standard errors, of a normal interval of this level."""
    return NormalDist().inv_cdf((1 + checked_confidence_level(confidence_level)) / 2)


def _joined(own: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, own * own - 2 * phi * own * other + other * other))


def crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the point between `low` and `high` where a monotone function changes its sign, to the last bit.

    Where it does not change sign between them, the end at which it is nearer to zero, or the lower one.
    """
    at_low, at_high = function(low), function(high)
    if at_low * at_high > 0:
        return low if abs(at_low) <= abs(at_high) else high
    middle = (low + high) / 2
    while low < middle < high:
        if (function(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
        middle = (low + high) / 2
    return middle


MIN_UNITS_FOR_PERCENTILES = 100
MIN_UNITS_TO_SEE_SKEW = 12
"""Values needed to estimate their skewness."""


def mean_estimate(
    values: Sequence[float] | Vector,
    *,
    clusters: Sequence[Hashable | None] | None = None,
    confidence_level: float = 0.95,
    value_range: tuple[float, float] | None = None,
) -> Estimate:
    """Return the mean of one value a case, with an interval over the choice of cases.

    No interval reaches beyond what a value can be: cutting it there costs no coverage. Values that are all 0 or 1 and
    can be nothing beyond get Wilson's interval (`wilson`), others Student's (`t`);
    where skewness matters, as for times and tokens, Student's through Hall's transformation (`t_skewed`). With
    clusters, the value is the mean of the cluster means and its interval Student's with G-1 degrees of freedom
    (`cluster_t`), the only one that keeps its coverage where clusters differ in size (Miller 2024,
    arXiv:2411.00640, treats the simpler case).

    There is no interval (None) for one case, for one cluster, and where all values that are not 0 or 1, or all
    cluster means, are equal: without any spread, an interval of zero width would claim certainty.

    Args:
        values: One for each case, already averaged over repeats.
        clusters: The cluster of each case; None for a case in none.
        confidence_level: Of the interval.
        value_range: Least and greatest possible value; counts that all happen to be 0 or 1 are no shares. None where
            it is not known: values that are all 0 or 1 are then taken for shares.

    Raises:
        ConfigurationError: no values, a value that is not finite, or not one cluster for each value.
    """
    level = checked_confidence_level(confidence_level)
    vector = as_vector(values)
    possible = value_range or (SHARES if is_binary(vector) else (-inf, inf))
    return _mean_estimate(vector, clusters, level, possible).within(possible)


def _mean_estimate(
    vector: Vector, clusters: Sequence[Hashable | None] | None, level: float, possible: tuple[float, float]
) -> Estimate:
    if clusters is not None and any(cluster is not None for cluster in clusters):
        return _cluster_mean(vector, clusters, level)
    if SHARES[0] <= possible[0] and possible[1] <= SHARES[1] and is_binary(vector):
        n_right = int(vector.sum())
        interval = wilson_interval(n_right, vector.size, confidence_level=level) if vector.size > 1 else None
        return estimate_of(float(vector.mean()), interval, vector.size, "wilson", level)
    if _is_skewed(vector):
        interval = skewed_t_interval(vector, skewness(vector), confidence_level=level)
        return estimate_of(float(vector.mean()), interval, vector.size, "t_skewed", level)
    return estimate_of(float(vector.mean()), _t_interval_of(vector, level), vector.size, "t", level)


def _is_skewed(vector: Vector) -> bool:
    """Check whether the mean's own skewness exceeds its standard error and is large enough to matter."""
    if vector.size < MIN_UNITS_TO_SEE_SKEW or is_constant(vector):
        return False
    return abs(skewness(vector)) / sqrt(vector.size) >= max(SKEWED, sqrt(6) / vector.size)


def quantile_estimate(values: Sequence[float], q: float, *, confidence_level: float = 0.95) -> Estimate:
    """Return the `q` quantile, with a distribution-free interval between two of the sorted values.

    The interval's level is at least the one asked for (`order_statistics`). None where the values are too few for
    both limits: a median needs 6 values, a 95th percentile 72.
    """
    level = checked_confidence_level(confidence_level)
    if not 0 < q < 1:
        raise ConfigurationError(f"q={q!r} must lie between 0 and 1", "For the 95th percentile write 0.95")
    vector = np.sort(as_vector(values))
    low, high = _ranks(vector.size, q, level)
    enough = low >= 1 and high <= vector.size
    interval = Interval(float(vector[low - 1]), float(vector[high - 1])) if enough else None
    return estimate_of(float(np.quantile(vector, q)), interval, vector.size, "order_statistics", level)


def _ranks(n: int, q: float, confidence_level: float) -> tuple[int, int]:
    """Return the ranks of the two limits, counted from 1; outside 1 … n where there is no such value."""
    # Not scipy.stats, which takes seconds to import for this one quantile.
    from scipy.special import bdtr

    tail = (1 - confidence_level) / 2
    cumulative = bdtr(np.arange(n + 1), n, q)
    low, high = np.searchsorted(cumulative, (tail, 1 - tail))
    return int(low), int(high) + 1


def _cluster_mean(vector: Vector, clusters: Sequence[Hashable | None], confidence_level: float) -> Estimate:
    means = cluster_means(vector, clusters)
    interval = _t_interval_of(means, confidence_level)
    return estimate_of(float(means.mean()), interval, vector.size, "cluster_t", confidence_level)


def _t_interval_of(vector: Vector, confidence_level: float) -> Interval | None:
    if vector.size < 2 or is_constant(vector):
        return None
    error = float(vector.std(ddof=1)) / vector.size**0.5
    return t_interval(float(vector.mean()), error, vector.size - 1, confidence_level=confidence_level)


def estimate_of(
    value: float, interval: Interval | None, n_cases: int, method: str, confidence_level: float
) -> Estimate:
    """Return the estimate of a value with its interval, if it has one."""
    low, high = interval if interval is not None else (None, None)
    return Estimate(value=value, low=low, high=high, n_cases=n_cases, method=method, confidence_level=confidence_level)


_DRAWN_AT_ONCE = 1_000_000


def quantile_difference(
    a: Sequence[float],
    b: Sequence[float],
    q: float,
    *,
    rng: "np.random.Generator",
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
        raise ConfigurationError(f"q={q!r} must lie between 0 and 1", "For the 95th percentile write 0.95")
    left, right = as_vector(a, what="values of A"), as_vector(b, what="values of B")
    if left.size != right.size:
        raise IncomparableError(f"{left.size} values of A and {right.size} of B make no pairs", "Pair them by case id")
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


def _resampled(a: Vector, b: Vector, q: float, rng: "np.random.Generator", n_resamples: int) -> Vector:
    """Return what the pairs say when they are drawn again, shape (n_resamples,)."""
    at_once = max(1, _DRAWN_AT_ONCE // a.size)
    parts = []
    for done in range(0, n_resamples, at_once):
        rows = rng.integers(a.size, size=(min(at_once, n_resamples - done), a.size), dtype=np.int32)
        parts.append(np.quantile(a[rows], q, axis=1) - np.quantile(b[rows], q, axis=1))
    return np.concatenate(parts)
