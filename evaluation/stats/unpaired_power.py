"""Power and sample size of unpaired tests: further cases that two groups need, and the difference they can show.

Means: Welch's t, whose limits follow the noncentral t distribution. Shares: the tables of two binomials that the test
rejects, summed as it decides (Fisher's exact test or chi-square), and beyond some ten thousand tables by the normal
approximation of chi-square. A margin is reckoned with as in `equivalence_cases`. Ranks have no number: the verdict
follows the means, and what Mann and Whitney's test sees depends on the shape of the scores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.binary_pairs import AIM
from evaluation.stats.continuous_pairs import SMALLEST_EFFECT
from evaluation.stats.power import ALPHA, POWER, Counts, binomial_counts, detectable_shift, not_zero, t_power, z_of
from evaluation.stats.unpaired import SMALL_CELL, error_of_means, likeliest_shares
from evaluation.stats.vectors import Vector, is_constant, standard_deviation

_MOST_TABLES = 40_000
"""As many are summed; with more the normal approximation is right to half a point of power."""
_MOST_CASES = 1 << 40
_CLOSE = 1e-6
"""In differences of shares."""
_TIES = 1 + 1e-7
"""Chances of two tables that differ by less are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesNeeded:
    """What two groups lack that cannot be told apart."""

    n_more: int | None
    """Further cases of each group with which `aim` would be settled; 0 where these would have shown it."""
    aim: float | None
    """Difference on which `n_more` is based: the margin, else 3 points for binary scores, else the observed one."""
    mde: float | None
    """The smallest true difference that so many cases show with a power of .8."""


def means_needed(a: Vector, b: Vector, *, margin: float | None, alpha: float = ALPHA) -> CasesNeeded | None:
    """Return the further cases that two groups of scores need, by Welch's t.

    None for a group of one, and where neither group varies.
    """
    if min(a.size, b.size) < 2 or (is_constant(a) and is_constant(b)):
        return None
    deviations = standard_deviation(a), standard_deviation(b)
    error, degrees = error_of_means(*deviations, a.size, b.size)
    seen = abs(float(a.mean() - b.mean()))
    aim = seen if margin is None else margin
    n_more = None
    if aim >= max(deviations) * SMALLEST_EFFECT:
        is_margin = margin is not None
        n_more = more_for_means(aim, deviations, a.size, b.size, is_margin=is_margin, alpha=alpha)
    return CasesNeeded(n_more=n_more, aim=aim or None, mde=detectable_shift(degrees, alpha=alpha) * error)


def more_for_means(
    difference: float,
    deviations: tuple[float, float],
    n_a: int,
    n_b: int,
    *,
    is_margin: bool = False,
    alpha: float = ALPHA,
    power: float = POWER,
) -> int | None:
    """Return the further cases of each group with which Welch's t shows a true difference of two means.

    Args:
        difference: In the unit of the scores, not 0.
        deviations: Standard deviation of each group.
        n_a: Cases of the first group, at least 2.
        n_b: Cases of the second group, at least 2.
        is_margin: Whether to show equivalence of two equal groups within that difference, too.
        alpha: The threshold for p.
        power: The probability of showing it.
    """
    from scipy.special import stdtrit

    size = abs(not_zero(difference))

    def is_enough(n_more: int) -> bool:
        error, degrees = error_of_means(*deviations, n_a + n_more, n_b + n_more)
        reach = float(stdtrit(degrees, 1 - alpha)) + float(stdtrit(degrees, (1 + power) / 2)) if is_margin else 0.0
        return size / error >= reach and t_power(size / error, degrees, alpha=alpha) >= power

    return _fewest(is_enough, start=0)


def shares_needed(
    right_a: int, n_a: int, right_b: int, n_b: int, *, margin: float | None, alpha: float = ALPHA
) -> CasesNeeded | None:
    """Return the further cases that two groups of right and wrong answers need.

    None where all are right or all wrong, and there is no margin.
    """
    if right_a + right_b in (0, n_a + n_b) and margin is None:
        return None
    a, b, aim = right_a / n_a, right_b / n_b, AIM if margin is None else min(margin, 1.0)
    lean = -1 if a < b else 1
    shares = likeliest_shares(a, b, n_b / n_a, lean * aim)
    n_more = more_for_shares(*shares, n_a, n_b, alpha=alpha)
    if margin is not None and n_more is not None:
        equal = (right_a + right_b) / (n_a + n_b)
        within = _fewest(lambda n: _is_within(equal, n_a + n, n_b + n, aim, alpha), start=n_more)
        n_more = None if within is None else max(n_more, within)
    return CasesNeeded(n_more=n_more, aim=aim, mde=_detectable(a, b, n_a, n_b, lean, alpha))


def more_for_shares(
    a: float, b: float, n_a: int, n_b: int, *, alpha: float = ALPHA, power: float = POWER
) -> int | None:
    """Return the further cases of each group with which the test of two shares detects that they differ.

    Power rises in steps with the cases and may dip at some: at the number returned it is reached. None where no number
    reaches it.

    Args:
        a: The true share of the first group, different from `b`.
        b: The true share of the second group.
        n_a: Cases of the first group, at least 1.
        n_b: Cases of the second group, at least 1.
        alpha: The threshold for p.
        power: The probability of detecting it.
    """
    not_zero(a - b)
    start = _fewest(lambda n: _normal_power(a, b, n_a + n, n_b + n, alpha) >= power, start=0)
    if start is None:
        return None
    return _fewest(lambda n: shares_power(a, b, n_a + n, n_b + n, alpha=alpha) >= power, start=start)


def shares_power(a: float, b: float, n_a: int, n_b: int, *, alpha: float = ALPHA) -> float:
    """Return the probability that the test of two shares, in the form of `unpaired_shares`, rejects.

    Args:
        a: The true share of the first group.
        b: The true share of the second group.
        n_a: Cases of the first group, at least 1.
        n_b: Cases of the second group, at least 1.
        alpha: The threshold for p.
    """
    right_a, chances_a = binomial_counts(n_a, a)
    right_b, chances_b = binomial_counts(n_b, b)
    if right_a.size * right_b.size > _MOST_TABLES:
        return _normal_power(a, b, n_a, n_b, alpha)
    return float(chances_a @ _rejected(right_a, n_a, right_b, n_b, alpha) @ chances_b)


def _rejected(right_a: Counts, n_a: int, right_b: Counts, n_b: int, alpha: float) -> NDArray[np.bool_]:
    """Return which tables are rejected, shape (counts of A, counts of B)."""
    n, totals = float(n_a + n_b), right_a[:, None] + right_b
    cross = right_a[:, None] * float(n_b) - right_b * float(n_a)
    rejected: NDArray[np.bool_] = cross**2 * n > z_of(1 - alpha / 2) ** 2 * n_a * n_b * totals * (n - totals)
    is_small = min(n_a, n_b) * np.minimum(totals, n - totals) < SMALL_CELL * n
    for total in np.unique(totals[is_small]):
        places = totals == total
        fewest = max(0, int(total) - n_b)
        of_a = np.broadcast_to(right_a[:, None], totals.shape)[places]
        rejected[places] = (_fisher_p_values(int(total), n_a, n_b) < alpha)[of_a - fewest]
    return rejected


def _fisher_p_values(total: int, n_a: int, n_b: int) -> Vector:
    """Return p of Fisher's test for every table with that many right, from the fewest of them in group A on."""
    from scipy.special import gammaln

    of_a = np.arange(max(0, total - n_b), min(total, n_a) + 1)
    of_b = total - of_a
    ways = -gammaln(of_a + 1) - gammaln(n_a - of_a + 1) - gammaln(of_b + 1) - gammaln(n_b - of_b + 1)
    chances = np.exp(ways - ways.max())
    ordered = np.sort(chances)
    sums = np.cumsum(ordered)
    p_values: Vector = sums[np.searchsorted(ordered, chances * _TIES, side="right") - 1] / sums[-1]
    return p_values


def _normal_power(a: float, b: float, n_a: int, n_b: int, alpha: float) -> float:
    """Return the power of chi-square, with the threshold from the pooled share and the spread of the true ones."""
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    limit = z_of(1 - alpha / 2) * sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    spread = _deviation(a, b, n_a, n_b)
    if not spread:
        return float(abs(a - b) > limit)
    return NormalDist().cdf((abs(a - b) - limit) / spread) + NormalDist().cdf((-abs(a - b) - limit) / spread)


def _deviation(a: float, b: float, n_a: int, n_b: int) -> float:
    return sqrt(a * (1 - a) / n_a + b * (1 - b) / n_b)


def _is_within(equal: float, n_a: int, n_b: int, margin: float, alpha: float) -> bool:
    """Check whether two groups with the same share are shown to be equivalent, by Farrington and Manning's test."""
    at_margin = max(_deviation(*likeliest_shares(equal, equal, n_b / n_a, m), n_a, n_b) for m in (margin, -margin))
    where_equal = _deviation(equal, equal, n_a, n_b)
    return z_of(1 - alpha) * at_margin + z_of((1 + POWER) / 2) * where_equal <= margin


def _detectable(a: float, b: float, n_a: int, n_b: int, lean: int, alpha: float) -> float | None:
    """Return the smallest true difference that so many cases show, at the likeliest shares that differ by it.

    None where they would not show even a difference of 1.
    """

    def is_seen(difference: float) -> bool:
        shares = likeliest_shares(a, b, n_b / n_a, lean * difference)
        return shares_power(*shares, n_a, n_b, alpha=alpha) >= POWER

    low, high = 0.0, 1.0
    if not is_seen(high):
        return None
    while high - low > _CLOSE:
        middle = (low + high) / 2
        low, high = (low, middle) if is_seen(middle) else (middle, high)
    return high


def _fewest(is_enough: Callable[[int], bool], *, start: int) -> int | None:
    """Return a number near `start` that is enough where the one before it is not; None where there is none."""
    low, step = start, max(1, start // 32)
    high = start if is_enough(start) else None
    while high is None:
        if low > _MOST_CASES:
            return None
        if is_enough(low + step):
            high = low + step
        else:
            low, step = low + step, 2 * step
    while low == high > 0:
        lower = max(0, high - step)
        if is_enough(lower):
            low, high, step = lower, lower, 2 * step
        else:
            low = lower
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
