"""Do two groups differ that have no cases in common? Shares, means and categories; pairs tell far more.

Never for two candidates on the same cases: there, `pair_comparison` knows which answers belong together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import NamedTuple

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.stats.effect_sizes import small_sample_factor
from evaluation.stats.intervals import Interval, checked_confidence_level, t_interval, wilson_interval
from evaluation.stats.numbers import Vector, as_vector, is_constant

SMALL_CELL = 5
"""Expected counts below which chi-square is not trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairedResult:
    """How group A differs from group B."""

    difference: float
    low: float | None
    """None where nothing varies."""
    high: float | None
    p_value: float
    n_a: int
    n_b: int
    method: str
    effect_size: float | None
    effect_size_name: str
    confidence_level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryResult:
    """Whether two groups spread over the same categories differently."""

    chi2: float
    degrees_of_freedom: int
    p_value: float
    cramers_v: float
    n_small: int
    """Cells with an expected count below 5; where there are many, the p-value is rough."""
    method: str = "chi2"


def unpaired_shares(
    right_a: int, n_a: int, right_b: int, n_b: int, *, confidence_level: float = 0.95
) -> UnpairedResult:
    """Difference of two shares of different cases: Newcombe's interval and a test of the two by two table.

    Interval: Newcombe 1998 (Statistics in Medicine 17:873), method 10, of two Wilson intervals. Test: chi-square
    without correction, Fisher's exact one where an expected count is below 5.
    """
    level = checked_confidence_level(confidence_level)
    for right, n in ((right_a, n_a), (right_b, n_b)):
        if not 0 <= right <= n or not n:
            raise ConfigurationError(f"{right} of {n} is no share", "give how many of how many cases were right")
    a, b = right_a / n_a, right_b / n_b
    low_a, high_a = wilson_interval(right_a, n_a, confidence_level=level)
    low_b, high_b = wilson_interval(right_b, n_b, confidence_level=level)
    table = category_difference({"right": right_a, "wrong": n_a - right_a}, {"right": right_b, "wrong": n_b - right_b})
    return UnpairedResult(
        difference=a - b,
        low=a - b - sqrt((a - low_a) ** 2 + (high_b - b) ** 2),
        high=a - b + sqrt((high_a - a) ** 2 + (b - low_b) ** 2),
        p_value=fisher_p_value(right_a, n_a, right_b, n_b) if table.n_small else table.p_value,
        n_a=n_a,
        n_b=n_b,
        method="newcombe_unpaired+fisher" if table.n_small else "newcombe_unpaired+chi2",
        effect_size=table.cramers_v,
        effect_size_name="cramers_v",
        confidence_level=level,
    )


def unpaired_means(a: Sequence[float], b: Sequence[float], *, confidence_level: float = 0.95) -> UnpairedResult:
    """Difference of two means of different cases, by Welch's t-test, which lets the two vary differently.

    Nothing can be said (p = 1, no interval) for a group of one, and where neither group varies.
    """
    level = checked_confidence_level(confidence_level)
    left, right = as_vector(a, what="scores of A"), as_vector(b, what="scores of B")
    difference, varies = float(left.mean() - right.mean()), not (is_constant(left) and is_constant(right))
    found = _welch(left, right, level) if min(left.size, right.size) > 1 and varies else None
    return UnpairedResult(
        difference=difference,
        low=None if found is None else found.interval.low,
        high=None if found is None else found.interval.high,
        p_value=1.0 if found is None else found.p_value,
        n_a=left.size,
        n_b=right.size,
        method="welch",
        effect_size=None if found is None else found.effect,
        effect_size_name="hedges_g",
        confidence_level=level,
    )


def category_difference(a: Mapping[str, int], b: Mapping[str, int]) -> CategoryResult:
    """Pearson's chi-square of two groups' counts over the same categories, such as the labels two models gave.

    Args:
        a: How often each category was seen; one that is not named was not seen.
        b: The same for the other group.

    Raises:
        ConfigurationError: a group is empty, or a count is negative.
    """
    from scipy.special import chdtrc

    names = [name for name in sorted(a.keys() | b.keys()) if a.get(name, 0) + b.get(name, 0)]
    counts = np.array([[group.get(name, 0) for name in names] for group in (a, b)], dtype=np.float64)
    if min([*a.values(), *b.values()], default=0) < 0 or not counts.sum(axis=1).all():
        raise ConfigurationError("a group has no cases, or a negative count", "count the cases of each category")
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    chi2, degrees = float(((counts - expected) ** 2 / expected).sum()), len(names) - 1
    return CategoryResult(
        chi2=chi2,
        degrees_of_freedom=degrees,
        p_value=float(chdtrc(degrees, chi2)) if degrees else 1.0,
        cramers_v=sqrt(chi2 / float(counts.sum())),
        n_small=int((expected < SMALL_CELL).sum()),
    )


def fisher_p_value(right_a: int, n_a: int, right_b: int, n_b: int) -> float:
    """Two-sided p of Fisher's exact test: the chance of all tables that are at most as likely as this one."""
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

    variances = float(a.var(ddof=1)), float(b.var(ddof=1))
    parts = variances[0] / a.size, variances[1] / b.size
    error, difference = sqrt(sum(parts)), float(a.mean() - b.mean())
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (a.size - 1) + parts[1] ** 2 / (b.size - 1))
    pooled = sqrt(((a.size - 1) * variances[0] + (b.size - 1) * variances[1]) / (a.size + b.size - 2))
    return _Welch(
        interval=t_interval(difference, error, degrees, confidence_level=level),
        p_value=2 * float(stdtr(degrees, -abs(difference) / error)),
        effect=small_sample_factor(a.size + b.size - 2) * difference / pooled,
    )
