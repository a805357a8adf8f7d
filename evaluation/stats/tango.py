"""Score interval and score test for the difference of two paired proportions, which see the discordant pairs alone.

z(Δ) = (b - c - nΔ) / sqrt(n (2 p21 + Δ (1 - Δ))), p21 the chance of "B alone" that fits Δ best (Tango 1998,
Statistics in Medicine 17:891).
"""

from math import copysign, inf, sqrt

from evaluation.stats.intervals import Interval, z_value
from evaluation.stats.roots import crossing


def tango_z(*, only_a: int, only_b: int, n: int, difference: float) -> float:
    """Return how many standard errors the share of A less that of B lies above `difference`, in [-1, 1]."""
    distance = only_a - only_b - n * difference
    square = 2.0 * n
    linear = -only_a - only_b + (2 * n - only_a + only_b) * difference
    constant = -only_b * difference * (1 - difference)
    only_b_fits = (sqrt(max(0.0, linear * linear - 4 * square * constant)) - linear) / (2 * square)
    variance = n * (2 * only_b_fits + difference * (1 - difference))
    if variance <= 0:
        return copysign(inf, distance) if distance else 0.0
    return distance / sqrt(variance)


def tango_interval(*, only_a: int, only_b: int, n: int, confidence_level: float = 0.95) -> Interval:
    """Return the interval of the share of A less that of B, of which only the discordant pairs are known.

    Never of zero width.

    Fits three outcomes too: A above, B above, both alike.
    """
    z = z_value(confidence_level)
    observed = (only_a - only_b) / n

    def above(limit: float) -> float:
        return tango_z(only_a=only_a, only_b=only_b, n=n, difference=limit) - z

    def below(limit: float) -> float:
        return tango_z(only_a=only_a, only_b=only_b, n=n, difference=limit) + z

    return Interval(crossing(above, -1.0, observed), crossing(below, observed, 1.0))


def bonett_price_interval(*, only_a: int, only_b: int, n: int, confidence_level: float = 0.95) -> Interval:
    """Wald's interval after half a pair was added to each cell: simple, and on the safe side for few pairs.

    Source: Bonett & Price 2012, Journal of Educational and Behavioral Statistics 37:479.
    """
    a, b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half_width = z_value(confidence_level) * sqrt((a + b - (a - b) ** 2) / (n + 2))
    return Interval(max(-1.0, a - b - half_width), min(1.0, a - b + half_width))


def paired_wald_interval(*, only_a: int, only_b: int, n: int, confidence_level: float = 0.95) -> Interval:
    """Return the difference of two paired shares and so many standard errors to each side.

    Too short under 300 pairs.
    """
    difference = (only_a - only_b) / n
    half_width = z_value(confidence_level) * paired_standard_error(only_a=only_a, only_b=only_b, n=n)
    return Interval(max(-1.0, difference - half_width), min(1.0, difference + half_width))


def paired_standard_error(*, only_a: int, only_b: int, n: int) -> float:
    """Return the standard error of the difference of two paired shares: sqrt(b + c - (b - c)² / n) / n."""
    return sqrt(only_a + only_b - (only_a - only_b) ** 2 / n) / n
