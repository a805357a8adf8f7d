"""Power and sample size of paired tests, and the smallest difference that given cases can show.

n = (z_{1-α/2} + z_{power})² (ω² + σ_A²/K_A + σ_B²/K_B) / δ² (Miller 2024, arXiv:2411.00640, eq. 9), and its likes for
binary scores and for few pairs. All of them are two-sided.

McNemar's test is counted exactly, as it decides: of n pairs a number m ~ Bin(n, p_d) differ, and of those
k ~ Bin(m, (1 + δ / p_d) / 2) are better on the first side. The power is the chance that the test rejects, over all m
and k. Connor's formula (`mcnemar_cases`) leaves out that an exact test rejects less often than it may: of its "80 %",
74 to 79 % are left.

Equivalence, by two one-sided tests: n = ((z_{1-α} s₀ + z_{(1+power)/2} s₁) / margin)², s₁ the deviation of a pair
where the two are equal, s₀ the one that the test reckons with at the margin (Tango 1998, Stat Med 17:891, for shares).
So many also show a true difference of the margin, with about the same power.
"""

from collections.abc import Callable
from functools import lru_cache
from math import ceil, exp, floor, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.intervals import crossing
from evaluation.stats.paired_tests import MAX_DISCORDANT_FOR_EXACT
from evaluation.stats.vectors import Vector

POWER = 0.8
ALPHA = 0.05
_MOST_PAIRS = 1e9
_FEWEST_PAIRS = 2.0
_STEPS = 12
_CLOSE = 1e-13
"""Tolerance of the power: a thousand times the floating-point precision."""
_CERTAIN = 12.0
"""Multiple of the limit from which the power is 1 even with one degree of freedom, and scipy becomes inaccurate."""
_FAR = 5.0
"""Standard errors from 0 beyond which the wrong side is never rejected, and scipy's tail may be NaN."""


def cases_for_difference(difference: float, *, variance: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the number of pairs that shows a true mean difference, by the normal approximation.

    Args:
        difference: In the metric's unit, not 0.
        variance: Of one case's difference: ω² + σ_A²/K_A + σ_B²/K_B.
        alpha: Two-sided probability of a false alarm.
        power: Probability of detecting the difference.
    """
    checked(alpha, power)
    return (z_of(1 - alpha / 2) + z_of(power)) ** 2 * variance / not_zero(difference) ** 2


def paired_t_power(effect: float, n_pairs: float, *, alpha: float = ALPHA) -> float:
    """Return the power of the paired t-test for a true effect, from the noncentral t distribution.

    Args:
        effect: True mean difference in standard deviations of the differences.
        n_pairs: More than one; need not be a whole number.
        alpha: Two-sided probability of a false alarm.
    """
    return t_power(abs(effect) * sqrt(n_pairs), n_pairs - 1, alpha=alpha)


def t_power(shift: float, degrees: float, *, alpha: float = ALPHA) -> float:
    """Return the power of a two-sided t-test for a true effect.

    Args:
        shift: The effect in standard errors, at least 0.
        degrees: Of freedom, above 0.
        alpha: Two-sided probability of a false alarm.
    """
    from scipy.special import nctdtr, stdtrit

    limit = float(stdtrit(degrees, 1 - alpha / 2))
    if shift > _CERTAIN * limit:
        return 1.0
    wrong_side = float(nctdtr(degrees, shift, -limit)) if shift < _FAR else 0.0
    return 1 - float(nctdtr(degrees, shift, limit)) + wrong_side


def paired_t_cases(effect: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the number of pairs with which the paired t-test detects a true effect, not rounded up; at least 2."""
    by_z = cases_for_difference(effect, variance=1.0, alpha=alpha, power=power)
    if by_z > _MOST_PAIRS:
        return by_z

    def gain(log_n: float) -> float:
        return paired_t_power(effect, exp(log_n), alpha=alpha) - power

    # Nearly straight, so that two points lead to the third; Student's limits cost about z²/2 pairs.
    before, here = log(max(_FEWEST_PAIRS, by_z)), log(by_z + z_of(1 - alpha / 2) ** 2 / 2 + 1)
    at_before, at_here = gain(before), gain(here)
    for _ in range(_STEPS):
        if abs(at_here) < _CLOSE or at_here == at_before:
            break
        before, here = here, here - at_here * (here - before) / (at_here - at_before)
        if not log(_FEWEST_PAIRS) < here < log(10 * by_z + 100):
            break
        at_before, at_here = at_here, gain(here)
    if abs(at_here) < _CLOSE and here > log(_FEWEST_PAIRS):
        return exp(here)
    return exp(crossing(gain, log(_FEWEST_PAIRS), log(10 * by_z + 100)))


@lru_cache(maxsize=4096)
def paired_t_detectable(n_pairs: int, *, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """Return the smallest true effect that the paired t-test detects, in standard deviations.

    None for fewer than 2 pairs.
    """
    checked(alpha, power)
    if n_pairs < _FEWEST_PAIRS:
        return None

    return detectable_shift(n_pairs - 1, alpha=alpha, power=power) / sqrt(n_pairs)


def detectable_shift(degrees: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the smallest true effect that a two-sided t-test detects, in standard errors."""
    from scipy.special import stdtrit

    def gain(shift: float) -> float:
        return t_power(shift, degrees, alpha=alpha) - power

    furthest = 2 * (float(stdtrit(degrees, 1 - alpha / 2)) + float(stdtrit(degrees, power)) + 1)
    return crossing(gain, 0.0, furthest)


def mcnemar_cases(difference: float, *, discordant: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the number of pairs with which McNemar's test detects a true difference of two shares.

    Source: Connor 1987, Biometrics 43:207. (z sqrt(p_d) + z_power sqrt(p_d - δ²))² / δ². A discordance smaller than the
    difference requires is raised to it.

    Args:
        difference: δ, in [-1, 1], not 0.
        discordant: p_d, the share of cases on which the two differ.
        alpha: Two-sided probability of a false alarm.
        power: Probability of detecting the difference.
    """
    checked(alpha, power)
    size = abs(not_zero(difference))
    share = max(discordant, size)
    return (z_of(1 - alpha / 2) * sqrt(share) + z_of(power) * sqrt(share - size * size)) ** 2 / size**2


def z_of(probability: float) -> float:
    """Return the standard normal quantile."""
    return NormalDist().inv_cdf(probability)


def not_zero(difference: float) -> float:
    """Return the difference, checking that it is not 0.

    Raises:
        ConfigurationError: it is 0, which no number of cases shows.
    """
    if difference == 0:
        raise ConfigurationError(
            "no number of cases shows a difference of 0", "Name the smallest difference that would matter"
        )
    return difference


def checked(alpha: float, power: float) -> None:
    """Check that the values are a valid threshold for p and a valid power.

    Raises:
        ConfigurationError: not between 0 and 1, or the wrong way round.
    """
    if not 0 < alpha < power < 1:
        raise ConfigurationError(
            f"alpha={alpha!r} and power={power!r} must lie between 0 and 1, alpha below power",
            "Usual are alpha=0.05 and power=0.8",
        )


Counts = NDArray[np.intp]
_FAR_DEVIATIONS = 6.0
"""Standard deviations from the mean beyond which numbers of differing pairs are neglected."""
_CLOSE_DIFFERENCE = 1e-9


def mcnemar_power(difference: float, n_pairs: int, *, discordant: float, alpha: float = ALPHA) -> float:
    """Return the power of McNemar's test, in the form of `mcnemar_p_value`, for a true difference of two shares.

    Args:
        difference: δ, in [0, 1].
        n_pairs: At least one.
        discordant: p_d, the share of cases on which the two differ; raised to δ where it is smaller.
        alpha: The threshold for p.
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
    """Return the smallest true difference of two shares that McNemar's test detects.

    None where it would not detect even a difference of 1.
    """
    checked(alpha, power)
    if mcnemar_power(1.0, n_pairs, discordant=discordant, alpha=alpha) < power:
        return None

    def gain(difference: float) -> float:
        return mcnemar_power(difference, n_pairs, discordant=discordant, alpha=alpha) - power

    low, high = _bracket(gain, n_pairs, discordant, alpha, power)
    while high - low > _CLOSE_DIFFERENCE:
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle) < 0 else (low, middle)
    return high


@lru_cache(maxsize=4096)
def exact_mcnemar_cases(difference: float, *, discordant: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return the number of pairs with which McNemar's test, in the form it takes, detects a difference of two shares.

    Power rises in steps with the pairs and may dip at some: at the number returned it is reached.
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
    """Return two differences, near the normal approximation, of which only the second is detected."""
    low, high = 0.0, min(1.0, (z_of(1 - alpha / 2) + z_of(power)) * sqrt(max(discordant, 1 / n_pairs) / n_pairs))
    while gain(high) < 0:
        low, high = high, min(1.0, 1.1 * high)
    return low, high


def binomial_counts(n: int, share: float) -> tuple[Counts, Vector]:
    """Return the likely counts out of n cases with such a share, and the probability of each."""
    from scipy.special import gammaln, xlog1py, xlogy

    spread = _FAR_DEVIATIONS * sqrt(n * share * (1 - share)) + 1
    low, high = max(0, floor(n * share - spread)), min(n, ceil(n * share + spread))
    counts = np.arange(low, high + 1)
    ways = gammaln(n + 1) - gammaln(counts + 1) - gammaln(n - counts + 1)
    chances = np.exp(ways + xlogy(counts, share) + xlog1py(n - counts, -share))
    return counts, chances / chances.sum()


def _normal_power(difference: float, n_pairs: int, share: float, alpha: float) -> float:
    """Return the power by Connor's formula, solved for it.

    It is accurate where so many pairs differ that the test is by chi-square.
    """
    lead, spread = difference * sqrt(n_pairs), sqrt(max(share - difference * difference, 0.0))
    limit = z_of(1 - alpha / 2) * sqrt(share)
    if not spread:
        return float(lead > limit)
    return NormalDist().cdf((lead - limit) / spread) + NormalDist().cdf((-lead - limit) / spread)


@lru_cache(maxsize=64)
def _limits(alpha: float) -> Vector:
    """Return, for each number of discordant pairs, the largest count on the lesser side that the exact test rejects.

    -1 where it never rejects.
    """
    from scipy.special import bdtr

    limits = np.full(2 * MAX_DISCORDANT_FOR_EXACT, -1.0)
    limit = -1
    for count in range(1, limits.size):
        # With one more pair the limit stays, or grows by one.
        limit += 2 * limit + 2 < count and 2 * float(bdtr(limit + 1, count, 0.5)) < alpha
        limits[count] = limit
    return limits


_ROUNDS = 30


def share_equivalence_cases(margin: float, *, discordant: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the number of pairs to show equivalence of two shares by Tango's test, not rounded up.

    Args:
        margin: Above 0; from 1 on it is 1.
        discordant: The share of pairs that differ; taken as at least the margin.
        alpha: The threshold for each of the two p-values.
        power: The probability of showing it.
    """
    checked(alpha, power)
    margin = min(not_zero(margin), 1.0)
    differing = min(1.0, max(discordant, margin))
    linear = 2 * margin - differing
    only_b = (sqrt(linear * linear + 4 * differing * margin * (1 - margin)) - linear) / 4
    at_margin = 2 * only_b + margin * (1 - margin)
    reach = z_of(1 - alpha) * sqrt(at_margin) + z_of((1 + power) / 2) * sqrt(differing)
    return (reach / margin) ** 2


def mean_equivalence_cases(effect: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the number of pairs to show equivalence of two means by Student's t, not rounded up.

    Args:
        effect: The margin in standard deviations of the differences.
        alpha: The threshold for each of the two p-values.
        power: The probability of showing it, and a difference of the margin.
    """
    checked(alpha, power)
    from scipy.special import stdtrit

    n = ((z_of(1 - alpha) + z_of((1 + power) / 2)) / not_zero(effect)) ** 2
    for _ in range(_ROUNDS):  # its limits move with the number of pairs, less each time
        degrees = max(1.0, n - 1)
        n = ((float(stdtrit(degrees, 1 - alpha)) + float(stdtrit(degrees, (1 + power) / 2))) / effect) ** 2
    return max(n, paired_t_cases(effect, alpha=alpha, power=power))
