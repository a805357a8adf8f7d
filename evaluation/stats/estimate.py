"""A run's value with its uncertainty: how far could it be off, had other cases of the same kind been asked?"""

from collections.abc import Callable, Hashable, Sequence
from math import sqrt

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.scores import Estimate, Measurement
from evaluation.stats.bootstrap import resampled_interval
from evaluation.stats.clusters import cluster_means, clustered_standard_error, grouped
from evaluation.stats.continuous_pairs import SKEWED, skewness
from evaluation.stats.intervals import (
    Interval,
    checked_confidence_level,
    skewed_t_interval,
    t_interval,
    wilson_interval,
)
from evaluation.stats.numbers import Vector, as_vector, is_binary, is_constant

MIN_UNITS_TO_RESAMPLE = 5
MIN_UNITS_FOR_PERCENTILES = 100
MIN_UNITS_TO_SEE_SKEW = 12
"""Fewer values say nothing of their skewness."""


def mean_estimate(
    values: Sequence[float], *, clusters: Sequence[Hashable | None] | None = None, confidence_level: float = 0.95
) -> Estimate:
    """Return the mean of one value a case, with an interval over the choice of cases.

    Values of nothing but 0 and 1 get Wilson's interval (`wilson`), others Student's (`t`); where skewness shows, as in
    times and tokens, Student's through Hall's transformation (`t_skewed`). With clusters, the value is the mean of the
    cluster means and its interval Student's with G-1 degrees of freedom (`cluster_t`), the only one that keeps its
    promise where clusters differ in size (Miller 2024, arXiv:2411.00640, treats the simpler case).

    There is no interval (None) for one case, for one cluster, and where all values that are not 0 or 1, or all
    cluster means, are equal: no spread was seen, and an interval without width would claim certainty.

    Args:
        values: One for each case, repeats averaged before (`repeats.case_means`).
        clusters: The cluster of each case; None for a case that stands by itself.
        confidence_level: Of the interval.

    Raises:
        ConfigurationError: no values, a value that is not finite, or not one cluster for each value.
    """
    level = checked_confidence_level(confidence_level)
    vector = as_vector(values)
    if clusters is not None and any(cluster is not None for cluster in clusters):
        return _cluster_mean(vector, clusters, level)
    if is_binary(vector):
        n_right = int(vector.sum())
        interval = wilson_interval(n_right, vector.size, confidence_level=level) if vector.size > 1 else None
        return _estimate(float(vector.mean()), interval, vector.size, "wilson", level)
    if _is_skewed(vector):
        interval = skewed_t_interval(vector, skewness(vector), confidence_level=level)
        return _estimate(float(vector.mean()), interval, vector.size, "t_skewed", level)
    return _estimate(float(vector.mean()), _t_interval_of(vector, level), vector.size, "t", level)


def _is_skewed(vector: Vector) -> bool:
    """Return whether the mean's own skewness shows: beyond its standard error, and enough to matter."""
    if vector.size < MIN_UNITS_TO_SEE_SKEW or is_constant(vector):
        return False
    return abs(skewness(vector)) / sqrt(vector.size) >= max(SKEWED, sqrt(6) / vector.size)


def pooled_mean_estimate(
    values: Sequence[float], *, clusters: Sequence[Hashable | None], confidence_level: float = 0.95
) -> Estimate:
    """Return the mean over all cases of clusters that differ in size.

    With the clustered standard error (`clustered_se_t`).

    To stand beside the mean of cluster means, never instead of it: its interval is too short where clusters differ
    much in size. Standard error times sqrt(G/(G-1)), Student's t with G-1 degrees of freedom; None for one cluster.
    """
    level = checked_confidence_level(confidence_level)
    vector = as_vector(values)
    error, n_clusters = clustered_standard_error(vector, clusters)
    mean = float(vector.mean())
    interval = t_interval(mean, error, n_clusters - 1, confidence_level=level) if error else None
    return _estimate(mean, interval, vector.size, "clustered_se_t", level)


def corpus_estimate(
    rows: Sequence[Measurement],
    aggregate: Callable[[Sequence[Measurement]], float],
    *,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    clusters: Sequence[Hashable | None] | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Return a corpus metric's value over all rows, with a bootstrap interval over the cases.

    From 100 cases on by percentiles (`bootstrap`); below, where percentiles are too short, bias-corrected and
    accelerated (`bootstrap_bca`; Efron 1987, doi:10.1080/01621459.1987.10478410). None under 5 cases, and where every
    resample gives the same value. With clusters (or repeats of a case), whole clusters are resampled and counted.
    """
    level = checked_confidence_level(confidence_level)
    if not rows:
        raise ConfigurationError("there are no scores to compute with", "an empty run has no value; it is not 0")
    units = grouped(rows, clusters) if clusters is not None else [[row] for row in rows]
    by_percentiles = len(units) >= MIN_UNITS_FOR_PERCENTILES
    interval = None
    if len(units) >= MIN_UNITS_TO_RESAMPLE:
        interval = resampled_interval(
            units, aggregate, rng=rng, n_resamples=n_resamples, accelerated=not by_percentiles, confidence_level=level
        )
    method = "bootstrap" if by_percentiles else "bootstrap_bca"
    return _estimate(float(aggregate(rows)), interval, len(rows), method, level)


def quantile_estimate(values: Sequence[float], q: float, *, confidence_level: float = 0.95) -> Estimate:
    """Return the `q` quantile, with an interval between two of the sorted values that holds for every distribution.

    The interval's level is at least the one asked for (`order_statistics`). None where the values are too few for
    both limits: a median needs 6 values, a 95th percentile 72.
    """
    level = checked_confidence_level(confidence_level)
    if not 0 < q < 1:
        raise ConfigurationError(f"q={q!r} must lie between 0 and 1", "for the 95th percentile write 0.95")
    vector = np.sort(as_vector(values))
    low, high = _ranks(vector.size, q, level)
    enough = low >= 1 and high <= vector.size
    interval = Interval(float(vector[low - 1]), float(vector[high - 1])) if enough else None
    return _estimate(float(np.quantile(vector, q)), interval, vector.size, "order_statistics", level)


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
    if interval is not None and is_binary(vector):
        interval = Interval(max(0.0, interval.low), min(1.0, interval.high))
    return _estimate(float(means.mean()), interval, vector.size, "cluster_t", confidence_level)


def _t_interval_of(vector: Vector, confidence_level: float) -> Interval | None:
    if vector.size < 2 or is_constant(vector):
        return None
    error = float(vector.std(ddof=1)) / vector.size**0.5
    return t_interval(float(vector.mean()), error, vector.size - 1, confidence_level=confidence_level)


def _estimate(value: float, interval: Interval | None, n_cases: int, method: str, confidence_level: float) -> Estimate:
    low, high = interval if interval is not None else (None, None)
    return Estimate(value=value, low=low, high=high, n_cases=n_cases, method=method, confidence_level=confidence_level)
