"""Omnibus tests for several candidates, and p-values adjusted for multiple comparisons.

At all: Cochran's Q for right and wrong answers, Friedman's rank test with Iman and Davenport's F for other scores, and
Nemenyi's critical difference of mean ranks. They say that there is a difference, not between whom.

Holm for claims: with all null hypotheses true, any of them is rejected with at most the chance of the level.
Benjamini and Hochberg for screening: of those rejected, at most that share is wrong on average.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import exp, lgamma, sqrt

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.intervals import crossing
from evaluation.stats.pair_comparison import PairComparison, readjusted
from evaluation.stats.paired_tests import N_FLIPS
from evaluation.stats.vectors import Vector, is_binary
from evaluation.stats.verdicts import MIN_PAIRS

Matrix = NDArray[np.float64]
_DECIMALS = 12
_POINTS = 200
_FARTHEST_Z = 9.0
_LARGEST_RANGE = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A test of whether several candidates differ at all."""

    test: str
    """`cochran_q`, or `friedman` with Iman and Davenport's F."""
    statistic: float | None
    """Q or F; None if F is infinite because every case ranks the candidates alike."""
    degrees_of_freedom: tuple[int, ...]
    p_value: float
    n_cases: int
    """Cases, or clusters of cases, that all candidates have."""
    mean_ranks: tuple[float, ...]
    """Mean rank of each candidate, 1 if it is the best on every case; ties share their mean rank."""
    critical_difference: float
    """Difference of mean ranks from which two candidates differ by Nemenyi's test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Friedman:
    """Friedman's test with both of its approximations."""

    mean_ranks: tuple[float, ...]
    chi2: float
    chi2_p_value: float
    f: float
    """Iman and Davenport's F; infinite if every case ranks the candidates alike."""
    f_p_value: float


def gate_of(scores: Matrix, *, higher_is_better: bool = True, alpha: float = 0.05) -> Gate:
    """Return Cochran's Q where all scores are 0 or 1, else Friedman's test.

    Args:
        scores: Of the cases that all candidates share, shape (n_cases, n_candidates); with clusters, their means.
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

    0 and 1 where the candidates do not differ on any case.
    """
    _, k = _checked(scores)
    if not is_binary(scores):
        raise ConfigurationError("Cochran's Q takes only 0 and 1", "For other scores take Friedman's test")
    columns, rows = scores.sum(axis=0), scores.sum(axis=1)
    spread = float(k * rows.sum() - (rows**2).sum())
    if not spread:
        return 0.0, 1.0
    q = (k - 1) * float(k * (columns**2).sum() - columns.sum() ** 2) / spread
    return q, _chi2_tail(k - 1, q)


def friedman(scores: Matrix, *, correct_ties: bool = True, higher_is_better: bool = True) -> Friedman:
    """Return Friedman's test on the ranks within each case; p = 1 where the candidates do not differ on any case.

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
    """Return the difference of mean ranks that Nemenyi's test requires (Demšar 2006): q·sqrt(k(k + 1) / 6n)."""
    k = n_candidates
    return nemenyi_q(k, alpha=alpha) * sqrt(k * (k + 1) / (6 * n_cases))


def nemenyi_q(n_candidates: int, *, alpha: float = 0.05) -> float:
    """Return the upper quantile of the range of so many standard normal values, divided by the square root of 2."""
    if n_candidates < 2 or not 0 < alpha < 1:
        raise ConfigurationError(
            f"{n_candidates} candidates at alpha={alpha!r} have no critical difference",
            "Give at least two candidates and an alpha between 0 and 1, for example 0.05",
        )
    return crossing(lambda r: _range_beyond(r, n_candidates) - alpha, 0.0, _LARGEST_RANGE) / sqrt(2)


def _range_beyond(width: float, k: int) -> float:
    """Return the probability that the range of k standard normal values exceeds `width`.

    Integrates over the highest at z, with the others within `width` below it.
    """
    from scipy.special import ndtr

    points, weights = _legendre()
    z = points * _FARTHEST_Z
    density = np.exp(-z * z / 2) / sqrt(2 * np.pi)
    return 1 - k * _FARTHEST_Z * float((weights * density * (ndtr(z) - ndtr(z - width)) ** (k - 1)).sum())


@cache
def _legendre() -> tuple[Vector, Vector]:
    """Return the points and weights of the quadrature, which take longer to compute than all else."""
    return np.polynomial.legendre.leggauss(_POINTS)


def _checked(scores: Matrix) -> tuple[int, int]:
    n, k = scores.shape
    if n < 2 or k < 2:
        raise ConfigurationError(
            f"{n} cases of {k} candidates cannot be tested", "At least two cases and two candidates are required"
        )
    return n, k


def _ranks(scores: Matrix) -> Matrix:
    """Return the ranks within each row from 1 on, the lowest value first.

    Values that are equal but for floating-point noise share a rank.
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


Places = NDArray[np.intp]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order given, valid under any dependence (Holm 1979, Scand J Statist 6:65)."""
    p, order = _sorted(p_values)
    stepped = np.minimum(1.0, np.maximum.accumulate(p * np.arange(p.size, 0, -1)))
    return _in_given_order(stepped, order)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order given, for independent or positively dependent tests.

    Source: Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    p, order = _sorted(p_values)
    stepped = np.minimum.accumulate((p * p.size / np.arange(1, p.size + 1))[::-1])[::-1]
    return _in_given_order(stepped, order)


def _sorted(p_values: Sequence[float]) -> tuple[Vector, Places]:
    """Return the p-values in ascending order, and the original place of each."""
    p = np.asarray(p_values, dtype=np.float64)
    outside = ~((p >= 0) & (p <= 1))
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise ConfigurationError(
            f"p_values[{first}] is {p[first]}, which is not a p-value",
            "Give values from 0 to 1, and leave out what is missing",
        )
    order = np.argsort(p, kind="stable")
    return p[order], order


def _in_given_order(stepped: Vector, order: Places) -> tuple[float, ...]:
    adjusted = np.empty_like(stepped)
    adjusted[order] = stepped
    return tuple(adjusted.tolist())


def adjusted_pairs(
    comparisons: Sequence[PairComparison], *, alpha: float
) -> tuple[tuple[PairComparison, ...], tuple[str, ...]]:
    """Return the comparisons with p-values adjusted by Holm and the resulting verdicts, and notes on all of them.

    The p-values of equivalence are adjusted among themselves, and so are those with failures scored zero. Pairs with
    too few cases support no claim, so they do not count.

    Args:
        comparisons: Each with its interval at the level for all of them together.
        alpha: The threshold for adjusted p-values.
    """
    decided, notes = _readjusted(comparisons, alpha)
    with_zeros, _ = _readjusted([comparison.failures_as_zero or comparison for comparison in comparisons], alpha)
    return tuple(
        comparison if comparison.failures_as_zero is None else replace(comparison, failures_as_zero=zeros)
        for comparison, zeros in zip(decided, with_zeros, strict=True)
    ), notes


def _readjusted(comparisons: Sequence[PairComparison], alpha: float) -> tuple[list[PairComparison], tuple[str, ...]]:
    places = [
        i
        for i, comparison in enumerate(comparisons)
        if comparison.n_pairs >= MIN_PAIRS and comparison.p_value is not None
    ]
    p_values, notes = _resolved([comparisons[i] for i in places], alpha)
    within = {i: p for i in places if (p := comparisons[i].p_equivalence) is not None}
    within = dict(zip(within, holm(tuple(within.values())), strict=True))
    decided = list(comparisons)
    for i, p_adjusted in zip(places, holm(p_values), strict=True):
        decided[i] = readjusted(comparisons[i], p_adjusted=p_adjusted, alpha=alpha, p_equivalence=within.get(i))
    return decided, notes


def _resolved(pairs: Sequence[PairComparison], alpha: float) -> tuple[list[float], tuple[str, ...]]:
    """Return the p-values, and a note where some were replaced.

    Where so many pairs need p-values below what the random sign flips can resolve, pairs for which no flip was as
    extreme get Student's.
    """
    least = 1 / (1 + N_FLIPS)
    p_values = [1.0 if comparison.p_value is None else comparison.p_value for comparison in pairs]
    if least * len(pairs) < alpha:
        return p_values, ()
    resolved = [
        min(p, comparison.also.get("paired_t", p)) if comparison.method.endswith("sign_flip") and p == least else p
        for p, comparison in zip(p_values, pairs, strict=True)
    ]
    return resolved, (
        f"for {len(pairs)} pairs {N_FLIPS} sign flips cannot show a p that is small enough: where no flip was as "
        "extreme as the scores, the paired t-test's p was adjusted",
    )
