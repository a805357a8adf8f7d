"""Intervals with a closed form: one proportion, two paired proportions, a mean."""

from math import cbrt, sqrt
from statistics import NormalDist
from typing import NamedTuple

from evaluation.errors import ConfigurationError
from evaluation.stats.numbers import Vector


class Interval(NamedTuple):
    """Two limits, the lower first."""

    low: float
    high: float


def checked_confidence_level(confidence_level: float) -> float:
    """Return the level itself, where it is one: at least one half, below 1."""
    if not 0.5 <= confidence_level < 1:
        raise ConfigurationError(
            f"confidence_level={confidence_level!r} must be at least 0.5 and below 1",
            next_step="for 95% intervals write 0.95, not 0.05",
        )
    return confidence_level


def wilson_interval(n_successes: int, n: int, *, confidence_level: float = 0.95) -> Interval:
    """Return the interval of a proportion, within [0, 1]; never of zero width (Wilson 1927)."""
    z = z_value(confidence_level)
    share = n_successes / n
    centre = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if n_successes == 0 else (centre - spread) / scale
    high = 1.0 if n_successes == n else (centre + spread) / scale
    return Interval(low, high)


def newcombe_interval(*, both: int, only_a: int, only_b: int, neither: int, confidence_level: float = 0.95) -> Interval:
    """Return the interval of the difference of two paired proportions, A less B (Newcombe 1998, method 10).

    Source: Statistics in Medicine 17:2635. Never of zero width, and right down to ten pairs.
    """
    n = both + only_a + only_b + neither
    a, b = (both + only_a) / n, (both + only_b) / n
    low_a, high_a = wilson_interval(both + only_a, n, confidence_level=confidence_level)
    low_b, high_b = wilson_interval(both + only_b, n, confidence_level=confidence_level)
    phi = newcombe_phi(both=both, only_a=only_a, only_b=only_b, neither=neither)
    below = _joined(a - low_a, high_b - b, phi)
    above = _joined(high_a - a, b - low_b, phi)
    return Interval(max(-1.0, a - b - below), min(1.0, a - b + above))


def newcombe_phi(*, both: int, only_a: int, only_b: int, neither: int) -> float:
    """Return the correlation of the two outcomes, a positive one drawn towards 0 (Newcombe's continuity correction).

    0 where one of the two is always right, or always wrong.
    """
    product = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if product == 0:
        return 0.0
    cross = both * neither - only_a * only_b
    n = both + only_a + only_b + neither
    return (max(cross - n / 2, 0.0) if cross > 0 else cross) / sqrt(product)


def t_interval(mean: float, standard_error: float, degrees_of_freedom: float, *, confidence_level: float) -> Interval:
    """Return Student's interval around a mean."""
    from scipy.special import stdtrit

    half_width = float(stdtrit(degrees_of_freedom, (1 + confidence_level) / 2)) * standard_error
    return Interval(mean - half_width, mean + half_width)


def skewed_t_interval(values: Vector, skewness: float, *, confidence_level: float) -> Interval:
    """Return the interval around the mean of a skewed sample: Student's limits through Hall's monotone transformation.

    Longer on the side of the long tail. With u = ±t / √n the limits are mean - s w(u), and
    w(u) = 3 / g · (∛(1 + g (u - g / 6n)) - 1), g the sample's skewness (Hall 1992, J R Statist Soc B 54:221).

    Args:
        values: More than two.
        skewness: Theirs, not 0.
        confidence_level: Of the interval.
    """
    from scipy.special import stdtrit

    n, mean, deviation = values.size, float(values.mean()), float(values.std(ddof=1))
    limit = float(stdtrit(n - 1, (1 + confidence_level) / 2)) / sqrt(n)

    def below(u: float) -> float:
        return deviation * 3 / skewness * (cbrt(1 + skewness * (u - skewness / (6 * n))) - 1)

    return Interval(mean - below(limit), mean - below(-limit))


def z_value(confidence_level: float) -> float:
    """Return how many standard errors to each side make a normal interval of this level."""
    return NormalDist().inv_cdf((1 + checked_confidence_level(confidence_level)) / 2)


def _joined(own: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, own * own - 2 * phi * own * other + other * other))
