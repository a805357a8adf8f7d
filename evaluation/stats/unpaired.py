"""Tests of two groups that have no cases in common: shares, means and ranks.

Not for two candidates on the same cases: pairs are far more informative, and `pair_comparison` knows which answers
belong together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, asin, comb, copysign, cos, erfc, hypot, inf, pi, sqrt
from typing import NamedTuple

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.stats.continuous_pairs import small_sample_factor
from evaluation.stats.intervals import Interval, checked_confidence_level, t_interval, wilson_interval
from evaluation.stats.paired_tests import MarginTest
from evaluation.stats.vectors import Vector, as_vector, is_constant, standard_deviation

SMALL_CELL = 5
"""Expected counts below which the chi-square test is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairedResult:
    """Difference between group A and group B."""

    difference: float
    low: float | None
    """None if the values do not vary."""
    high: float | None
    p_value: float
    n_a: int
    n_b: int
    method: str
    effect_size: float | None
    effect_size_name: str
    confidence_level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """Test of whether the scores of one group tend to be higher, by their ranks (Mann and Whitney 1947)."""

    u: float
    """Pairs of a case of A and a case of B in which A's score is higher; ties count half."""
    p_value: float
    """Two-sided: exact without ties if a group has at most 8 cases, else normal with tie correction."""
    rank_biserial: float
    """P(A higher) - P(B higher), in [-1, 1]."""


def unpaired_shares(
    right_a: int, n_a: int, right_b: int, n_b: int, *, confidence_level: float = 0.95
) -> UnpairedResult:
    """Return the difference of two independent shares: Newcombe's interval and a test of the two-by-two table.

    Interval: Newcombe 1998 (Statistics in Medicine 17:873), method 10, of two Wilson intervals. Test: Pearson's
    chi-square without correction, Fisher's exact one where an expected count is below 5. Effect size: Cohen's h.

    Raises:
        ConfigurationError: a group is empty, or its number of right answers is negative or above its size.
    """
    level = checked_confidence_level(confidence_level)
    for right, n in ((right_a, n_a), (right_b, n_b)):
        if not 0 <= right <= n or not n:
            raise ConfigurationError(
                f"{right} of {n} is not a share", "Give the number of correct cases and the number of cases"
            )
    a, b = right_a / n_a, right_b / n_b
    low_a, high_a = wilson_interval(right_a, n_a, confidence_level=level)
    low_b, high_b = wilson_interval(right_b, n_b, confidence_level=level)
    is_small = _least_expected(right_a, n_a, right_b, n_b) < SMALL_CELL
    test = fisher_p_value if is_small else chi_square_p_value
    return UnpairedResult(
        difference=a - b,
        low=a - b - sqrt((a - low_a) ** 2 + (high_b - b) ** 2),
        high=a - b + sqrt((high_a - a) ** 2 + (b - low_b) ** 2),
        p_value=test(right_a, n_a, right_b, n_b),
        n_a=n_a,
        n_b=n_b,
        method=f"newcombe_unpaired+{'fisher' if is_small else 'chi2'}",
        effect_size=cohen_h(a, b),
        effect_size_name="cohen_h",
        confidence_level=level,
    )


def unpaired_means(a: Sequence[float], b: Sequence[float], *, confidence_level: float = 0.95) -> UnpairedResult:
    """Return the difference of two independent means, by Welch's t-test, which allows unequal variances.

    Nothing can be concluded (p = 1, no interval) for a group of one, and where neither group varies.
    """
    level = checked_confidence_level(confidence_level)
    left, right = as_vector(a, what="scores of A"), as_vector(b, what="scores of B")
    difference, varies = float(left.mean() - right.mean()), not (is_constant(left) and is_constant(right))
    welch = _welch(left, right, level) if min(left.size, right.size) > 1 and varies else None
    return UnpairedResult(
        difference=difference,
        low=None if welch is None else welch.interval.low,
        high=None if welch is None else welch.interval.high,
        p_value=1.0 if welch is None else welch.p_value,
        n_a=left.size,
        n_b=right.size,
        method="welch",
        effect_size=None if welch is None else welch.effect,
        effect_size_name="hedges_g",
        confidence_level=level,
    )


def rank_test(a: Sequence[float], b: Sequence[float]) -> RankTest:
    """Return Mann and Whitney's test of two groups, with the rank-biserial correlation as its effect size."""
    from scipy.stats import mannwhitneyu

    left, right = as_vector(a, what="scores of A"), as_vector(b, what="scores of B")
    if is_constant(np.concatenate((left, right))):
        return RankTest(u=left.size * right.size / 2, p_value=1.0, rank_biserial=0.0)
    u, p_value = mannwhitneyu(left, right)
    return RankTest(u=float(u), p_value=float(p_value), rank_biserial=2 * float(u) / (left.size * right.size) - 1)


def chi_square_p_value(right_a: int, n_a: int, right_b: int, n_b: int) -> float:
    """Return p of Pearson's chi-square, without correction; 1 where both groups are all right, or all wrong."""
    n, right = n_a + n_b, right_a + right_b
    if right in (0, n):
        return 1.0
    cross = right_a * (n_b - right_b) - right_b * (n_a - right_a)
    return erfc(abs(cross) * sqrt(n / (2 * n_a * n_b * right * (n - right))))


def _least_expected(right_a: int, n_a: int, right_b: int, n_b: int) -> float:
    """Return the smallest expected count of a cell, over columns with any observations."""
    n, right = n_a + n_b, right_a + right_b
    return min(n_a, n_b) * min(column for column in (right, n - right) if column) / n


def fisher_p_value(right_a: int, n_a: int, right_b: int, n_b: int) -> float:
    """Return the two-sided p of Fisher's exact test.

    The probability of all tables that are at most as likely as this one.
    """
    right = right_a + right_b
    fewest, most = max(0, right - n_b), min(right, n_a)
    ways = [comb(n_a, k) * comb(n_b, right - k) for k in range(fewest, most + 1)]
    # Whole numbers: nothing is rounded before the last division.
    return sum(way for way in ways if way <= ways[right_a - fewest]) / sum(ways)


class _Welch(NamedTuple):
    interval: Interval
    p_value: float
    effect: float


def _welch(a: Vector, b: Vector, level: float) -> _Welch:
    from scipy.special import stdtr

    error, degrees = welch_error(a, b)
    difference, n = float(a.mean() - b.mean()), a.size + b.size - 2
    pooled = hypot(standard_deviation(a) * sqrt((a.size - 1) / n), standard_deviation(b) * sqrt((b.size - 1) / n))
    return _Welch(
        interval=t_interval(difference, error, degrees, confidence_level=level),
        p_value=2 * float(stdtr(degrees, -abs(difference) / error)),
        effect=small_sample_factor(n) * difference / pooled,
    )


def welch_error(a: Vector, b: Vector) -> tuple[float, float]:
    """Return the standard error of the difference of two means and its degrees of freedom (Welch 1947).

    The groups must vary.
    """
    return error_of_means(standard_deviation(a), standard_deviation(b), a.size, b.size)


def error_of_means(deviation_a: float, deviation_b: float, n_a: int, n_b: int) -> tuple[float, float]:
    """Return `welch_error` from the two standard deviations, which are not both 0, and the sizes, at least 2 each."""
    of_a, of_b = deviation_a / sqrt(n_a), deviation_b / sqrt(n_b)
    error = hypot(of_a, of_b)
    return error, 1 / ((of_a / error) ** 4 / (n_a - 1) + (of_b / error) ** 4 / (n_b - 1))


def cohen_h(a: float, b: float) -> float:
    """Return the difference of two independent shares as angles, in [-π, π].

    2 asin √a - 2 asin √b (Cohen 1988).
    """
    return 2 * asin(sqrt(a)) - 2 * asin(sqrt(b))


def unpaired_shares_within(right_a: int, n_a: int, right_b: int, n_b: int, *, margin: float) -> MarginTest:
    """Test two groups of right and wrong answers against a difference as large as the margin."""
    shares = right_a / n_a, right_b / n_b
    z_above = farrington_manning_z(*shares, n_a=n_a, n_b=n_b, difference=-min(1.0, margin))
    z_below = farrington_manning_z(*shares, n_a=n_a, n_b=n_b, difference=min(1.0, margin))
    return MarginTest(
        p_above=erfc(z_above / sqrt(2)) / 2,
        p_below=erfc(-z_below / sqrt(2)) / 2,
        statistic_above=z_above,
        statistic_below=z_below,
    )


def farrington_manning_z(a: float, b: float, *, n_a: int, n_b: int, difference: float) -> float:
    """Return how many standard errors `a - b` lies above `difference`, assuming that `difference` is the true one."""
    likely_a, likely_b = likeliest_shares(a, b, n_b / n_a, difference)
    error = sqrt(likely_a * (1 - likely_a) / n_a + likely_b * (1 - likely_b) / n_b)
    distance = a - b - difference
    return distance / error if error else copysign(inf, distance) if distance else 0.0


def likeliest_shares(a: float, b: float, ratio: float, difference: float) -> tuple[float, float]:
    """Return the maximum-likelihood shares under A's being `difference` above B's, the root of a cubic.

    Args:
        a: The observed share of A.
        b: The observed share of B.
        ratio: Cases of B for each of A.
        difference: In [-1, 1].
    """
    cubic = 1 + ratio
    square = -(1 + ratio + a + ratio * b + difference * (ratio + 2))
    linear = difference**2 + difference * (2 * a + ratio + 1) + a + ratio * b
    constant = -a * difference * (1 + difference)
    v = (square / (3 * cubic)) ** 3 - square * linear / (6 * cubic**2) + constant / (2 * cubic)
    u = copysign(sqrt(max(0.0, (square / (3 * cubic)) ** 2 - linear / (3 * cubic))), v)
    angle = (pi + acos(min(1.0, max(-1.0, v / u**3)))) / 3 if u else 0.0
    share = 2 * u * cos(angle) - square / (3 * cubic)
    of_a = min(1.0, 1 + difference, max(0.0, difference, share))
    return of_a, min(1.0, max(0.0, of_a - difference))


def unpaired_means_within(a: Vector, b: Vector, *, margin: float) -> MarginTest | None:
    """Test two groups of scores against a difference of means as large as the margin, by Welch's t.

    None for a group of one, and where neither group varies.
    """
    from scipy.special import stdtr

    if min(a.size, b.size) < 2 or (is_constant(a) and is_constant(b)):
        return None
    error, degrees = welch_error(a, b)
    difference = float(a.mean() - b.mean())
    above, below = (difference + margin) / error, (difference - margin) / error
    return MarginTest(
        p_above=float(stdtr(degrees, -above)),
        p_below=float(stdtr(degrees, below)),
        statistic_above=above,
        statistic_below=below,
    )
