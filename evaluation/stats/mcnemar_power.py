"""What can McNemar's test see, counted exactly: as it decides, and not by the normal distribution?

Of n pairs a number m ~ Bin(n, p_d) differ, and of those k ~ Bin(m, (1 + δ / p_d) / 2) are better on the first side. The
power is the chance that the test rejects, over all m and k. Connor's formula (`power.mcnemar_cases`) leaves out that an
exact test rejects less often than it may: of its "80 %", 74 to 79 % are left.
"""

from collections.abc import Callable
from functools import lru_cache
from math import ceil, floor, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.mcnemar import MAX_DISCORDANT_FOR_EXACT
from evaluation.stats.numbers import Vector
from evaluation.stats.power import ALPHA, POWER, checked, mcnemar_cases, z_of

Counts = NDArray[np.intp]
_FAR = 6.0
"""Standard deviations beyond which no number of differing pairs counts."""
_CLOSE = 1e-9


def mcnemar_power(difference: float, n_pairs: int, *, discordant: float, alpha: float = ALPHA) -> float:
    """Return the chance that McNemar's test, as `mcnemar_p_value` makes it, sees a true difference of two shares.

    Args:
        difference: δ, in [0, 1]. Where fewer cases differ than it needs, so many do.
        n_pairs: At least one.
        discordant: p_d, the share of cases on which the two differ.
        alpha: The limit for p.
    """
    from scipy.special import bdtr

    checked(alpha, POWER)
    share = min(1.0, max(discordant, difference))
    if n_pairs * share > MAX_DISCORDANT_FOR_EXACT:
        return _normal_power(difference, n_pairs, share, alpha)
    counts, chances = binomial_counts(n_pairs, share)
    better = 0.5 if share == 0 else min(1.0, (1 + difference / share) / 2)
    limits = _limits(alpha)[counts]
    # Rejected with at most so many on the one side, or on the other; -1: never.
    rejected = np.where(limits < 0, 0.0, bdtr(limits, counts, better) + bdtr(limits, counts, 1 - better))
    return float(np.minimum(rejected, 1.0) @ chances)


@lru_cache(maxsize=4096)
def mcnemar_detectable(n_pairs: int, *, discordant: float, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """Return the smallest true difference of two shares that McNemar's test sees.

    None where not even one of 1 would be.
    """
    checked(alpha, power)
    if mcnemar_power(1.0, n_pairs, discordant=discordant, alpha=alpha) < power:
        return None

    def gain(difference: float) -> float:
        return mcnemar_power(difference, n_pairs, discordant=discordant, alpha=alpha) - power

    low, high = _bracket(gain, n_pairs, discordant, alpha, power)
    while high - low > _CLOSE:
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle) < 0 else (low, middle)
    return high


@lru_cache(maxsize=4096)
def exact_mcnemar_cases(difference: float, *, discordant: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return the pairs with which McNemar's test, as it decides, sees a true difference of two shares.

    The power climbs in steps as pairs come, and may fall a little at one: the number is one at which it is reached.
    """
    size = abs(difference)
    start = ceil(mcnemar_cases(size, discordant=discordant, alpha=alpha, power=power))
    if start * max(discordant, size) > MAX_DISCORDANT_FOR_EXACT:
        return start

    def is_seen(n: int) -> bool:
        return mcnemar_power(size, n, discordant=discordant, alpha=alpha) >= power

    low, high = 0, start
    while not is_seen(high):
        low, high = high, high + max(1, high // 20)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_seen(middle) else (middle, high)
    return high


def _bracket(
    gain: Callable[[float], float], n_pairs: int, discordant: float, alpha: float, power: float
) -> tuple[float, float]:
    """Return two differences, close to what the normal approximation gives, of which only the second is seen."""
    low, high = 0.0, min(1.0, (z_of(1 - alpha / 2) + z_of(power)) * sqrt(max(discordant, 1 / n_pairs) / n_pairs))
    while gain(high) < 0:
        low, high = high, min(1.0, 1.1 * high)
    return low, high


def binomial_counts(n: int, share: float) -> tuple[Counts, Vector]:
    """Return how many of n may be such a share's, and the chance of each number; none that is too far off to count."""
    from scipy.special import gammaln, xlog1py, xlogy

    spread = _FAR * sqrt(n * share * (1 - share)) + 1
    low, high = max(0, floor(n * share - spread)), min(n, ceil(n * share + spread))
    counts = np.arange(low, high + 1)
    ways = gammaln(n + 1) - gammaln(counts + 1) - gammaln(n - counts + 1)
    chances = np.exp(ways + xlogy(counts, share) + xlog1py(n - counts, -share))
    return counts, chances / chances.sum()


def _normal_power(difference: float, n_pairs: int, share: float, alpha: float) -> float:
    """Return where so many differ that the test is by chi-square, Connor's formula turned round.

    Which is right then.
    """
    lead, spread = difference * sqrt(n_pairs), sqrt(max(share - difference * difference, 0.0))
    limit = z_of(1 - alpha / 2) * sqrt(share)
    if not spread:
        return float(lead > limit)
    return NormalDist().cdf((lead - limit) / spread) + NormalDist().cdf((-lead - limit) / spread)


@lru_cache(maxsize=64)
def _limits(alpha: float) -> Vector:
    """For each number of differing pairs the most on the lesser side with which the exact test rejects; -1: never."""
    from scipy.special import bdtr

    limits = np.full(2 * MAX_DISCORDANT_FOR_EXACT, -1.0)
    limit = -1
    for count in range(1, limits.size):
        # With one more pair the limit stays, or grows by one.
        limit += 2 * limit + 2 < count and 2 * float(bdtr(limit + 1, count, 0.5)) < alpha
        limits[count] = limit
    return limits
