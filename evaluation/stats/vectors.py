"""Scores as vectors: pairing by case, clusters, and variances.

Pairs are made by case id, never by position.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isinf, isnan
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError

Vector = NDArray[np.float64]
_ROUNDING = 1e-12


def as_vector(values: Iterable[float], *, what: str = "values") -> Vector:
    """Return the values as floats, shape (n,): at least one, all finite, booleans as 0 and 1.

    Raises:
        ConfigurationError: no values, or a value that is no finite number.
    """
    vector = np.array(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)
    if vector.size == 0:
        raise ConfigurationError(f"there are no {what} to compute with", "An empty run has no value; it is not 0")
    if not np.isfinite(vector).all():
        first = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise ConfigurationError(
            f"{what}[{first}] is {vector[first]}, not a finite number", "Leave failed cases out and count them"
        )
    return vector


def difference_of(a: Vector, b: Vector) -> Vector:
    """Return `a - b`, with 0 where the two differ by floating-point noise alone."""
    differences = a - b
    differences[np.abs(differences) <= _ROUNDING * np.maximum(np.abs(a), np.abs(b))] = 0.0
    return differences


def is_binary(vector: Vector) -> bool:
    """Check whether every value is 0 or 1."""
    return bool(np.isin(vector, (0.0, 1.0)).all())


def is_constant(vector: Vector) -> bool:
    """Check whether the values differ by no more than floating-point noise."""
    return bool(np.ptp(vector) <= _ROUNDING * np.abs(vector).max())


def standard_deviation(vector: Vector) -> float:
    """Return the standard deviation (n - 1) of a sample of at least two values.

    Also accurate for very small and very large values.
    """
    scale = float(np.abs(vector).max()) or 1.0
    return float((vector / scale).std(ddof=1)) * scale


T = TypeVar("T")


def grouped(items: Sequence[T], clusters: Sequence[Hashable | None]) -> list[list[T]]:
    """Return the items cluster by cluster, in order of first appearance.

    An item whose cluster is None is a cluster of its own.
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
    is 1, since one cluster does not show its variation, and where all values are equal.
    """
    groups = grouped((vector - vector.mean()).tolist(), clusters)
    if len(groups) < 2 or is_constant(vector):
        return None, len(groups)
    sums = np.array([sum(group) for group in groups])
    correction = len(groups) / (len(groups) - 1)
    return float(np.sqrt(correction * (sums**2).sum())) / vector.size, len(groups)


def design_effect(vector: Vector, clusters: Sequence[Hashable | None]) -> float | None:
    """Return the factor by which clustering increases the variance of the mean over that of independent cases.

    (clustered standard error / plain one)², the clustered one times sqrt(G/(G-1)). None for one cluster, and where
    all values are equal.
    """
    error, _ = clustered_standard_error(vector, clusters)
    return None if error is None else error**2 * vector.size / float(vector.var(ddof=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Scores of two candidates on the cases that both have, with the cases that were left out."""

    case_ids: tuple[str, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    only_a: tuple[str, ...]
    """Cases that only A has: B's server failed on them, or they were not asked."""
    only_b: tuple[str, ...]

    @property
    def n_pairs(self) -> int:
        """The number of cases that both have."""
        return len(self.case_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """Usable scores, and the cases without one."""

    values: Mapping[str, float]
    missing: frozenset[str]
    """Cases whose score is None or NaN."""


def paired_by_case(a: Mapping[str, float], b: Mapping[str, float]) -> Pairs:
    """Pair the cases of `a` that `b` has too, in the order of `a`."""
    shared = tuple(case_id for case_id in a if case_id in b)
    return Pairs(
        case_ids=shared,
        a=tuple(a[case_id] for case_id in shared),
        b=tuple(b[case_id] for case_id in shared),
        only_a=tuple(case_id for case_id in a if case_id not in b),
        only_b=tuple(case_id for case_id in b if case_id not in a),
    )


def usable_scores(scores: Mapping[str, float | None]) -> Usable:
    """Return the finite scores as floats, booleans as 0 and 1, and separately the cases without a score.

    Args:
        scores: One for each case; None and NaN stand for a missing score.

    Raises:
        ConfigurationError: a score that is infinite or no number.
    """
    if all(type(score) is float and isfinite(score) for score in scores.values()):
        return Usable(values=cast(dict[str, float], dict(scores)), missing=frozenset())  # the common case, read fast
    values = {case_id: _number(case_id, score) for case_id, score in scores.items()}
    missing = frozenset(case_id for case_id, value in values.items() if isnan(value))
    return Usable(
        values={case_id: value for case_id, value in values.items() if case_id not in missing}, missing=missing
    )


def _number(case_id: Hashable, score: object) -> float:
    if type(score) is float and not isinf(score):
        return score
    if score is None:
        return float("nan")
    # Not float(score) alone: it would read the text "1".
    if isinstance(score, str | bytes) or not hasattr(score, "__float__"):
        raise ConfigurationError(f"the score {score!r} of case {case_id!r} is not a number", "Leave such cases out")
    value = float(score)
    if isinf(value):
        raise ConfigurationError(
            f"the score of case {case_id!r} is {value}, not a finite number", "Leave failed cases out and count them"
        )
    return value


SKEWED = 0.1
"""Skewness of the mean (that of the differences over root n) from which its interval is checked by a bootstrap."""


def skewness(vector: Vector) -> float:
    """Return the skewness of the values, 0 for symmetric ones; they must vary."""
    scaled = (vector - vector.mean()) / standard_deviation(vector)
    return float(np.mean(scaled**3))
