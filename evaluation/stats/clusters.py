"""Cases of one document, subject or template are not independent evidence: what do the clusters say?"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.stats.numbers import Vector, is_constant

T = TypeVar("T")


def grouped(items: Sequence[T], clusters: Sequence[Hashable | None]) -> list[list[T]]:
    """Return the items cluster by cluster, in order of first appearance.

    An item whose cluster is None stands by itself.
    """
    if len(items) != len(clusters):
        raise ConfigurationError(f"{len(items)} values, but {len(clusters)} clusters: one is needed for each value")
    groups: dict[Hashable, list[T]] = {}
    for position, (item, cluster) in enumerate(zip(items, clusters, strict=True)):
        key = (False, position) if cluster is None else (True, cluster)
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def cluster_means(vector: Vector, clusters: Sequence[Hashable | None]) -> Vector:
    """Return the mean of each cluster, shape (n_clusters,)."""
    return np.array([float(np.mean(group)) for group in grouped(vector.tolist(), clusters)])


def clustered_standard_error(vector: Vector, clusters: Sequence[Hashable | None]) -> tuple[float | None, int]:
    """Return the standard error of the mean over all values, and the number of clusters G.

    Sum over clusters of squared summed deviations (Miller 2024, arXiv:2411.00640), times sqrt(G/(G-1)). None where G
    is 1, which says nothing about its own variation, and where all values are equal.
    """
    groups = grouped((vector - vector.mean()).tolist(), clusters)
    if len(groups) < 2 or is_constant(vector):
        return None, len(groups)
    sums = np.array([sum(group) for group in groups])
    correction = len(groups) / (len(groups) - 1)
    return float(np.sqrt(correction * (sums**2).sum())) / vector.size, len(groups)


def design_effect(vector: Vector, clusters: Sequence[Hashable | None]) -> float | None:
    """Return how many times the variance of the mean is what it would be, were the cases independent.

    (clustered standard error / plain one)², the clustered one times sqrt(G/(G-1)). None for one cluster, and where
    all values are equal.
    """
    error, _ = clustered_standard_error(vector, clusters)
    return None if error is None else error**2 * vector.size / float(vector.var(ddof=1))
