"""Are two candidates equal for all that matters, or is one at least not worse, by a margin set before?

Two one-sided tests, one against each margin (Schuirmann 1987): equivalence is shown by the worse of their p-values,
non-inferiority by one alone.
"""

from dataclasses import dataclass
from math import erfc, sqrt

from evaluation.stats.numbers import Vector, is_constant, standard_deviation
from evaluation.stats.tango import tango_z

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTest:
    """What the pairs say against a difference as large as the margin."""

    p_above: float
    """One-sided: that A less B is more than -margin."""
    p_below: float
    """One-sided: that A less B is less than margin."""
    statistic_above: float | None = None
    """Standard errors (t or z) from -margin up to the difference; None where no spread was seen."""
    statistic_below: float | None = None
    """Those from margin up to the difference, so below 0 where it is within."""

    @property
    def p_equivalence(self) -> float:
        """That the difference lies between the margins."""
        return max(self.p_above, self.p_below)


def mean_within(differences: Vector, margin: float) -> MarginTest:
    """Return Student's t against each margin.

    Where no spread was seen, or for a single pair, the exact sign flips of the distances to the margin, of which one
    in 2 ** n is as extreme.
    """
    if differences.size < 2 or is_constant(differences):
        return _without_spread(float(differences.mean()), differences.size, margin)
    mean, error = float(differences.mean()), standard_deviation(differences) / sqrt(differences.size)
    degrees = differences.size - 1
    above, below = (mean + margin) / error, (mean - margin) / error
    return MarginTest(
        p_above=_p_positive(above, degrees),
        p_below=_p_positive(-below, degrees),
        statistic_above=above,
        statistic_below=below,
    )


def share_within(*, only_a: int, only_b: int, n: int, margin: float) -> MarginTest:
    """Tango's score test against each margin, for the difference of two paired shares."""
    z_above = tango_z(only_a=only_a, only_b=only_b, n=n, difference=-min(1.0, margin))
    z_below = tango_z(only_a=only_a, only_b=only_b, n=n, difference=min(1.0, margin))
    return MarginTest(
        p_above=_normal_tail(z_above),
        p_below=_normal_tail(-z_below),
        statistic_above=z_above,
        statistic_below=z_below,
    )


def _without_spread(difference: float, n: int, margin: float) -> MarginTest:
    least = 0.5**n
    noise = _ROUNDING * margin
    return MarginTest(
        p_above=least if difference + margin > noise else 1.0, p_below=least if margin - difference > noise else 1.0
    )


def _p_positive(t: float, degrees_of_freedom: int) -> float:
    """Return the one-sided p of Student's t: the chance of one above it."""
    from scipy.special import stdtr

    return float(stdtr(degrees_of_freedom, -t))


def _normal_tail(z: float) -> float:
    """Return the chance of a normal number above z."""
    return erfc(z / sqrt(2)) / 2
