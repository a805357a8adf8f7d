"""Are two groups without common cases equal for all that matters? Two one-sided tests against a margin.

Shares: the score test of Farrington and Manning 1990 (Statistics in Medicine 9:1447). Means: Welch's t.
"""

from math import acos, copysign, cos, erfc, inf, pi, sqrt

from evaluation.stats.equivalence import MarginTest
from evaluation.stats.numbers import Vector, is_constant
from evaluation.stats.unpaired import welch_error


def unpaired_shares_within(right_a: int, n_a: int, right_b: int, n_b: int, *, margin: float) -> MarginTest:
    """Return what two groups of right and wrong answers say against a difference as large as the margin."""
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
    """Return how many standard errors `a - b` lies above `difference`, were that the true one."""
    likely_a, likely_b = likeliest_shares(a, b, n_b / n_a, difference)
    error = sqrt(likely_a * (1 - likely_a) / n_a + likely_b * (1 - likely_b) / n_b)
    distance = a - b - difference
    return distance / error if error else copysign(inf, distance) if distance else 0.0


def likeliest_shares(a: float, b: float, ratio: float, difference: float) -> tuple[float, float]:
    """Return the shares under which the data are the most likely, were A's `difference` above B's: a cubic's root.

    Args:
        a: The share seen in A.
        b: The share seen in B.
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
    """Return what two groups of scores say against a difference of means as large as the margin, by Welch's t.

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
