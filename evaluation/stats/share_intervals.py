"""Other intervals of one share than Wilson's, for who has to match figures from elsewhere."""

from math import sqrt

from evaluation.stats.intervals import Interval, z_value


def clopper_pearson_interval(n_successes: int, n: int, *, confidence_level: float = 0.95) -> Interval:
    """Return the exact interval, which covers at least as often as it says.

    And mostly more (Clopper & Pearson 1934).
    """
    from scipy.special import betaincinv

    tail = (1 - confidence_level) / 2
    low = float(betaincinv(n_successes, n - n_successes + 1, tail)) if n_successes else 0.0
    high = float(betaincinv(n_successes + 1, n - n_successes, 1 - tail)) if n_successes < n else 1.0
    return Interval(low, high)


def jeffreys_interval(n_successes: int, n: int, *, confidence_level: float = 0.95) -> Interval:
    """Return the middle of the posterior under Jeffreys' prior, Beta(1/2, 1/2)."""
    from scipy.special import betaincinv

    tail = (1 - confidence_level) / 2
    a, b = n_successes + 0.5, n - n_successes + 0.5
    return Interval(float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail)))


def wald_interval(n_successes: int, n: int, *, confidence_level: float = 0.95) -> Interval:
    """Return the share and so many standard errors to each side.

    Too short for few cases, without width for none or all.
    """
    share = n_successes / n
    half_width = z_value(confidence_level) * sqrt(share * (1 - share) / n)
    return Interval(max(0.0, share - half_width), min(1.0, share + half_width))
