"""How many cases would show a difference, and which difference do so many cases show?

n = (z_{1-α/2} + z_{power})² (ω² + σ_A²/K_A + σ_B²/K_B) / δ² (Miller 2024, arXiv:2411.00640, eq. 9), and its likes for
binary scores and for few pairs. All of them are two-sided.
"""

from functools import lru_cache
from math import exp, log, sqrt
from statistics import NormalDist

from evaluation.errors import ConfigurationError
from evaluation.stats.roots import crossing

POWER = 0.8
ALPHA = 0.05
_MOST_PAIRS = 1e9
_FEWEST_PAIRS = 2.0
_STEPS = 12
_CLOSE = 1e-13
"""In power; a thousand times what floating-point numbers can tell apart."""
_CERTAIN = 12.0
"""Times the limit at which even one degree of freedom leaves no doubt, and scipy's numbers begin to fail."""
_FAR = 5.0
"""Standard errors from 0 beyond which the test never errs on the side, and scipy's tail there may be NaN."""


def cases_for_difference(difference: float, *, variance: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the pairs that show a true mean difference, by the normal approximation.

    Args:
        difference: In the metric's unit, not 0.
        variance: Of one case's difference: ω² + σ_A²/K_A + σ_B²/K_B.
        alpha: Chance of a false alarm, both sides together.
        power: Chance of seeing the difference.
    """
    checked(alpha, power)
    return (z_of(1 - alpha / 2) + z_of(power)) ** 2 * variance / not_zero(difference) ** 2


def detectable_difference(n_cases: float, *, variance: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the smallest true mean difference that so many pairs show, by the normal approximation."""
    checked(alpha, power)
    return (z_of(1 - alpha / 2) + z_of(power)) * sqrt(variance / n_cases)


def paired_t_power(effect: float, n_pairs: float, *, alpha: float = ALPHA) -> float:
    """Return the chance that the paired t-test sees a true effect, from the noncentral t distribution.

    Args:
        effect: True mean difference in standard deviations of the differences.
        n_pairs: More than one; may be broken, between two whole numbers.
        alpha: Chance of a false alarm, both sides together.
    """
    return t_power(abs(effect) * sqrt(n_pairs), n_pairs - 1, alpha=alpha)


def t_power(shift: float, degrees: float, *, alpha: float = ALPHA) -> float:
    """Return the chance that a two-sided t-test sees a true effect.

    Args:
        shift: The effect in standard errors, at least 0.
        degrees: Of freedom, above 0.
        alpha: Chance of a false alarm, both sides together.
    """
    from scipy.special import nctdtr, stdtrit

    limit = float(stdtrit(degrees, 1 - alpha / 2))
    if shift > _CERTAIN * limit:
        return 1.0
    wrong_side = float(nctdtr(degrees, shift, -limit)) if shift < _FAR else 0.0
    return 1 - float(nctdtr(degrees, shift, limit)) + wrong_side


def paired_t_cases(effect: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the pairs with which the paired t-test sees a true effect, not rounded up; at least 2."""
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
    """Return the smallest true effect that the paired t-test sees, in standard deviations.

    None for fewer than 2 pairs.
    """
    checked(alpha, power)
    if n_pairs < _FEWEST_PAIRS:
        return None

    return detectable_shift(n_pairs - 1, alpha=alpha, power=power) / sqrt(n_pairs)


def detectable_shift(degrees: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the smallest true effect that a two-sided t-test sees, in standard errors."""
    from scipy.special import stdtrit

    def gain(shift: float) -> float:
        return t_power(shift, degrees, alpha=alpha) - power

    furthest = 2 * (float(stdtrit(degrees, 1 - alpha / 2)) + float(stdtrit(degrees, power)) + 1)
    return crossing(gain, 0.0, furthest)


def mcnemar_cases(difference: float, *, discordant: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the pairs with which McNemar's test sees a true difference of two shares (Connor 1987, Biometrics 43:207).

    (z sqrt(p_d) + z_power sqrt(p_d - δ²))² / δ². Where fewer cases differ than the difference needs, so many do.

    Args:
        difference: δ, in [-1, 1], not 0.
        discordant: p_d, the share of cases on which the two differ.
        alpha: Chance of a false alarm, both sides together.
        power: Chance of seeing the difference.
    """
    checked(alpha, power)
    size = abs(not_zero(difference))
    share = max(discordant, size)
    return (z_of(1 - alpha / 2) * sqrt(share) + z_of(power) * sqrt(share - size * size)) ** 2 / size**2


def z_of(probability: float) -> float:
    """Return the standard normal quantile."""
    return NormalDist().inv_cdf(probability)


def not_zero(difference: float) -> float:
    """Return the difference.

    Raises:
        ConfigurationError: it is 0, which no number of cases shows.
    """
    if difference == 0:
        raise ConfigurationError(
            "no number of cases shows a difference of 0", "name the smallest difference that would matter"
        )
    return difference


def checked(alpha: float, power: float) -> None:
    """Refuse what cannot be a limit for p, or a power.

    Raises:
        ConfigurationError: not between 0 and 1, or the wrong way round.
    """
    if not 0 < alpha < power < 1:
        raise ConfigurationError(
            f"alpha={alpha!r} and power={power!r} must lie between 0 and 1, alpha below power",
            "usual are alpha=0.05 and power=0.8",
        )
