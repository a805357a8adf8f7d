"""How large is a difference, whatever the unit of the metric?"""

from math import asin, sqrt

from evaluation.stats.numbers import Vector, is_constant, standard_deviation


def cohen_g(only_a: int, only_b: int) -> float | None:
    """Return how far A's share of the discordant pairs lies from one half, in [-0.5, 0.5].

    None where nothing differs.
    """
    n = only_a + only_b
    return only_a / n - 0.5 if n else None


def cohen_h(a: float, b: float) -> float:
    """Return how far two shares of different cases lie apart, as angles, in [-π, π].

    2 asin √a - 2 asin √b (Cohen 1988).
    """
    return 2 * asin(sqrt(a)) - 2 * asin(sqrt(b))


def odds_ratio(only_a: int, only_b: int) -> float | None:
    """Cases that only A has right for each that only B has right; None where B has none of its own."""
    return only_a / only_b if only_b else None


def cohen_dz(differences: Vector) -> float | None:
    """Return the mean difference in standard deviations of the differences.

    None for one pair, and where no spread was seen.
    """
    if differences.size < 2 or is_constant(differences):
        return None
    return float(differences.mean()) / standard_deviation(differences)


def hedges_gz(differences: Vector) -> float | None:
    """Return the mean difference in standard deviations of the differences.

    Less its bias in small samples (Hedges 1981).

    J · mean / sd, J = 1 - 3 / (4 (n - 1) - 1). None for one pair, and where no spread was seen.
    """
    d = cohen_dz(differences)
    return None if d is None else small_sample_factor(differences.size - 1) * d


def small_sample_factor(degrees_of_freedom: int) -> float:
    """Hedges' J, which takes the bias out of a standardised difference."""
    return 1 - 3 / (4 * degrees_of_freedom - 1)
