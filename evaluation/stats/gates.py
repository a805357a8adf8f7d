"""Do any of several candidates differ at all? One test over all of them, on the cases that each of them has.

Cochran's Q for right and wrong answers, Friedman's rank test with Iman and Davenport's F for other scores, and
Nemenyi's critical difference of mean ranks. They say that there is a difference, not between whom.
"""

from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, sqrt

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.numbers import Vector, is_binary
from evaluation.stats.roots import crossing

Matrix = NDArray[np.float64]

_DECIMALS = 12
_POINTS = 200
_FARTHEST_Z = 9.0
_LARGEST_RANGE = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether several candidates differ at all."""

    test: str
    """`cochran_q`, or `friedman` with Iman and Davenport's F."""
    statistic: float | None
    """Q or F; None where F is infinite, since every case ranks the candidates alike."""
    degrees_of_freedom: tuple[int, ...]
    p_value: float
    n_cases: int
    """Cases, or clusters of them, that all candidates have."""
    mean_ranks: tuple[float, ...]
    """Of each candidate, 1 for the best on every case; ties share theirs."""
    critical_difference: float
    """Mean ranks farther apart differ by Nemenyi's test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Friedman:
    """Friedman's test, with both of its approximations."""

    mean_ranks: tuple[float, ...]
    chi2: float
    chi2_p_value: float
    f: float
    """Iman and Davenport's F, infinite where every case ranks the candidates alike."""
    f_p_value: float


def gate_of(scores: Matrix, *, higher_is_better: bool = True, alpha: float = 0.05) -> Gate:
    """Return Cochran's Q where all scores are 0 or 1, else Friedman's test.

    Args:
        scores: Of cases that all candidates have, shape (n_cases, n_candidates); of clusters, their means.
        higher_is_better: Whether the highest score has rank 1.
        alpha: Of the critical difference.

    Raises:
        ConfigurationError: fewer than 2 cases or candidates.
    """
    n, k = _checked(scores)
    ranks = friedman(scores, higher_is_better=higher_is_better)
    binary = is_binary(scores)
    statistic, p_value = cochran_q(scores) if binary else (ranks.f, ranks.f_p_value)
    return Gate(
        test="cochran_q" if binary else "friedman",
        statistic=statistic if np.isfinite(statistic) else None,
        degrees_of_freedom=(k - 1,) if binary else (k - 1, (k - 1) * (n - 1)),
        p_value=p_value,
        n_cases=n,
        mean_ranks=ranks.mean_ranks,
        critical_difference=critical_difference(k, n, alpha=alpha),
    )


def cochran_q(scores: Matrix) -> tuple[float, float]:
    """Return Cochran's Q and its p, by chi-square with k - 1 degrees of freedom.

    0 and 1 where no case tells them apart.
    """
    _, k = _checked(scores)
    if not is_binary(scores):
        raise ConfigurationError("Cochran's Q takes only 0 and 1", "for other scores take Friedman's test")
    columns, rows = scores.sum(axis=0), scores.sum(axis=1)
    spread = float(k * rows.sum() - (rows**2).sum())
    if not spread:
        return 0.0, 1.0
    q = (k - 1) * float(k * (columns**2).sum() - columns.sum() ** 2) / spread
    return q, _chi2_tail(k - 1, q)


def friedman(scores: Matrix, *, correct_ties: bool = True, higher_is_better: bool = True) -> Friedman:
    """Return Friedman's test on the ranks within each case; p = 1 where no case tells the candidates apart.

    Args:
        scores: Shape (n_cases, n_candidates).
        correct_ties: Divide by the variance that the ranks have with their ties (Conover 1999), not by the one they
            would have without (Demšar 2006, JMLR 7).
        higher_is_better: Whether the highest score has rank 1.
    """
    from scipy.special import fdtrc

    n, k = _checked(scores)
    ranks = _ranks(-scores if higher_is_better else scores)
    between = float(((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2).sum())
    within = float(((ranks - (k + 1) / 2) ** 2).sum()) if correct_ties else n * k * (k * k - 1) / 12
    chi2 = (k - 1) * between / within if within else 0.0
    left = n * (k - 1) - chi2
    # Where every case has the same ranks, one of the k! orders came up n - 1 more times.
    is_unanimous = left <= 1e-9 * n * k
    f = float("inf") if is_unanimous else (n - 1) * chi2 / left
    return Friedman(
        mean_ranks=tuple(ranks.mean(axis=0).tolist()),
        chi2=chi2,
        chi2_p_value=_chi2_tail(k - 1, chi2),
        f=f,
        f_p_value=exp((1 - n) * lgamma(k + 1)) if is_unanimous else float(fdtrc(k - 1, (k - 1) * (n - 1), f)),
    )


def critical_difference(n_candidates: int, n_cases: int, *, alpha: float = 0.05) -> float:
    """Return how far apart two mean ranks must be for Nemenyi's test (Demšar 2006): q·sqrt(k(k + 1) / 6n)."""
    k = n_candidates
    return nemenyi_q(k, alpha=alpha) * sqrt(k * (k + 1) / (6 * n_cases))


def nemenyi_q(n_candidates: int, *, alpha: float = 0.05) -> float:
    """Return the upper quantile of the range of so many standard normal values, divided by the root of 2."""
    if n_candidates < 2 or not 0 < alpha < 1:
        raise ConfigurationError(
            f"{n_candidates} candidates at alpha={alpha!r} have no critical difference",
            "give at least two candidates and an alpha between 0 and 1, for example 0.05",
        )
    return crossing(lambda r: _range_beyond(r, n_candidates) - alpha, 0.0, _LARGEST_RANGE) / sqrt(2)


def _range_beyond(width: float, k: int) -> float:
    """Return the chance that k standard normal values spread wider.

    The highest at z, the others within `width` below it.
    """
    from scipy.special import ndtr

    points, weights = _legendre()
    z = points * _FARTHEST_Z
    density = np.exp(-z * z / 2) / sqrt(2 * np.pi)
    return 1 - k * _FARTHEST_Z * float((weights * density * (ndtr(z) - ndtr(z - width)) ** (k - 1)).sum())


@cache
def _legendre() -> tuple[Vector, Vector]:
    """Return the points and weights of the integral, which take longer than all else."""
    return np.polynomial.legendre.leggauss(_POINTS)


def _checked(scores: Matrix) -> tuple[int, int]:
    n, k = scores.shape
    if n < 2 or k < 2:
        raise ConfigurationError(
            f"{n} cases of {k} candidates cannot be tested", "at least two cases and two candidates are required"
        )
    return n, k


def _ranks(scores: Matrix) -> Matrix:
    """Return the ranks within each row from 1 on, the least first.

    Equal ones share theirs, floating-point noise left aside.
    """
    largest = np.abs(scores).max()
    even = np.round(scores / largest, _DECIMALS) if largest else scores
    columns: list[Vector] = []
    for j in range(scores.shape[1]):
        own = even[:, j : j + 1]
        columns.append((even < own).sum(axis=1) + ((even == own).sum(axis=1) + 1) / 2)
    return np.column_stack(columns)


def _chi2_tail(degrees: int, value: float) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees, value))
