"""Sequential tests: evidence that keeps its error rate over all looks together, so that one may stop early.

At any look: an e-value is the wealth of someone who started with 1 and bet against "no difference" at fair odds. Were
there none, the wealth would ever reach 1/α with a chance of at most α (Ville 1939), so one may stop as soon as it does.
Wealth is handled as its natural logarithm, and for many pairs of candidates at once: every function takes arrays.

At a few planned looks: bounds c·t^(Δ - 1/2) of a z statistic at the share t of the planned cases. Δ = 0 is O'Brien and
Fleming's, which hardly spends anything on early looks; Δ = 1/2 is Pocock's, the same at every look. The constant c
solves P(any look beyond its bound) = α by recursive integration over the statistic of one look given that of the look
before (Armitage, McPherson and Rowe 1969).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.intervals import checked_confidence_level, crossing
from evaluation.stats.vectors import Vector

Array = NDArray[np.float64]
_BISECTIONS = 40
_STAKES = 0.95 * (np.arange(1, 9) / 8) ** 1.5
"""Shares of the wealth staked on one case, one for each of the bettors, who start with equal parts."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class EProcess:
    """E-process on the cases on which two candidates differ, of which each wins half if neither is better.

    E = 2^n B(w + 1, n - w + 1) after w wins among n differing cases: the likelihood ratio, averaged over all chances
    of winning (Lindon and Malek 2022, arXiv:2011.03567).
    """

    one_sided: bool = False
    """Average only over chances above one half: evidence that A wins more, against "no more than B"."""
    prior: float = 1.0
    """Beta(prior, prior) weights the chances: 1 weights all equally; larger values favour small differences."""

    def __post_init__(self) -> None:
        if not 0 < self.prior < float("inf"):
            raise ConfigurationError(
                f"prior={self.prior!r} must be above 0 and finite", "Give prior=1 to weigh all chances alike"
            )

    def log_e_values(self, wins: ArrayLike, losses: ArrayLike) -> Array:
        """Return the natural logarithm of E for each pair, in the shape of the counts; -inf where E is 0.

        Args:
            wins: How many of the discordant cases A won.
            losses: How many B won.

        Raises:
            ConfigurationError: a count below 0.
        """
        from scipy.special import betainc, betaln

        w, lost = np.asarray(wins, dtype=np.float64), np.asarray(losses, dtype=np.float64)
        if (w < 0).any() or (lost < 0).any():
            raise ConfigurationError("wins and losses are counts", "Give numbers from 0 on")
        log_e: Array = (w + lost) * np.log(2) + betaln(w + self.prior, lost + self.prior)
        log_e = log_e - betaln(self.prior, self.prior)
        if self.one_sided:
            with np.errstate(divide="ignore"):
                log_e = log_e + np.log(2 * betainc(lost + self.prior, w + self.prior, 0.5))
        return log_e

    def log_e_path(self, outcomes: ArrayLike) -> Array:
        """Return the logarithm of E after each discordant case along the last axis: 1 where A won, 0 where B did."""
        won = np.asarray(outcomes, dtype=np.float64)
        return self.log_e_values(won.cumsum(axis=-1), (1 - won).cumsum(axis=-1))


def always_valid_p_values(log_e_path: ArrayLike) -> Array:
    """Return 1 / the largest E so far along the last axis, at most 1: a p-value valid however often one looks."""
    p_values: Array = np.exp(-np.maximum(0.0, np.asarray(log_e_path, dtype=np.float64).max(axis=-1)))
    return p_values


@dataclass(frozen=True, slots=True, kw_only=True)
class BettingSequence:
    """Confidence sequence for the mean of bounded values, valid at every look at once, by betting against each mean.

    Half of the bettors bet that the mean is above m, half that it is below, each with a constant share of its wealth; m
    is ruled out as soon as one side has 2/α times its initial wealth (Waudby-Smith and Ramdas 2024, arXiv:2010.09686:
    the hedged grid of Kelly bettors). Values lie in rows, case by case along the last axis; NaN stands for a case that
    was not seen.
    """

    low: float = -1.0
    """Lower bound of the values: -1 for the difference of two scores in [0, 1]."""
    high: float = 1.0
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        checked_confidence_level(self.confidence_level)
        if not -np.inf < self.low < self.high < np.inf:
            raise ConfigurationError(
                f"values between low={self.low!r} and high={self.high!r} cannot be bet on",
                "Give two finite bounds, the lower first",
            )

    def log_e_path(self, values: ArrayLike, *, mean: float = 0.0) -> Array:
        """Return the logarithm of the wealth after each value, of bettors on a true mean above `mean`.

        At every look an e-value against "the mean is at most this". For the other side give -values.
        """
        if not self.low < mean < self.high:
            raise ConfigurationError(
                f"mean={mean!r} must lie between {self.low!r} and {self.high!r}", "Nothing can be bet on a bound"
            )
        return _log_wealth(_scaled(values, self.low, self.high), np.asarray(_share(mean, self.low, self.high)))

    def log_e_values(self, values: ArrayLike, *, mean: float = 0.0) -> Array:
        """Return the last of `log_e_path`, one for each row of values: 0 where there are none."""
        path = self.log_e_path(values, mean=mean)
        return path[..., -1] if path.shape[-1] else np.zeros(path.shape[:-1])

    def limits(self, values: ArrayLike) -> tuple[Array, Array]:
        """Return the lower and upper limit of the mean after the last value, one for each row.

        What an earlier look ruled out stays ruled out. So the lower limit can end above the upper one, where cases
        come in an order that no single mean explains.
        """
        x, threshold = _scaled(values, self.low, self.high), np.log(2 / (1 - self.confidence_level))
        width = self.high - self.low
        return self.low + width * _lowest(x, threshold), self.high - width * _lowest(1 - x, threshold)


def empirical_bernstein_limits(
    values: ArrayLike, *, low: float = -1.0, high: float = 1.0, confidence_level: float = 0.95
) -> tuple[Array, Array]:
    """Return closed-form limits with the same guarantee as a betting sequence's, but wider, as a reference.

    Source: Waudby-Smith and Ramdas 2024, arXiv:2010.09686, theorem 2 (predictable plug-in, truncated at 1/2).
    """
    x, t = _scaled(values, low, high), np.arange(1, np.shape(values)[-1] + 1)
    level = np.log(2 / (1 - checked_confidence_level(confidence_level)))
    means = (0.5 + x.cumsum(axis=-1)) / (t + 1)
    variances = (0.25 + ((x - means) ** 2).cumsum(axis=-1)) / (t + 1)
    mean_before, variance_before = _delayed(means, 0.5), _delayed(variances, 0.25)
    stakes = np.minimum(0.5, np.sqrt(2 * level / (variance_before * t * np.log1p(t))))
    total = stakes.cumsum(axis=-1)
    spent = ((x - mean_before) ** 2 * (-np.log1p(-stakes) - stakes)).cumsum(axis=-1)
    centre, half_width = (stakes * x).cumsum(axis=-1) / total, (level + spent) / total
    lows, highs = (centre - half_width).max(axis=-1), (centre + half_width).min(axis=-1)
    return low + (high - low) * np.maximum(lows, 0.0), low + (high - low) * np.minimum(highs, 1.0)


def _share(value: ArrayLike, low: float, high: float) -> Array:
    return (np.asarray(value, dtype=np.float64) - low) / (high - low)


def _scaled(values: ArrayLike, low: float, high: float) -> Array:
    """Return the values as shares of the way from `low` to `high`."""
    x = _share(values, low, high)
    if (x < -_ROUNDING).any() or (x > 1 + _ROUNDING).any():
        raise ConfigurationError(
            f"there are values outside {low!r} to {high!r}, on which a bet can lose more than all",
            "Give the bounds of the values",
        )
    return x.clip(0.0, 1.0)


def _log_wealth(x: Array, mean: Array) -> Array:
    """Return the logarithm of the mean wealth of all bettors after each value; `mean` in (0, 1], one for each row."""
    gain = x / mean[..., None] - 1
    gain[np.isnan(gain)] = 0.0
    total = np.full(x.shape, -np.inf)
    for stake in _STAKES:
        total = np.logaddexp(total, np.log1p(stake * gain).cumsum(axis=-1))
    wealth: Array = total - np.log(_STAKES.size)
    return wealth


def _lowest(x: Array, threshold: float) -> Array:
    """Return the least mean that no look ruled out, by bisection: wealth falls as the mean rises."""
    low, high = np.zeros(x.shape[:-1]), np.ones(x.shape[:-1])
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_out = _log_wealth(x, middle).max(axis=-1, initial=0.0) >= threshold
        low, high = np.where(is_out, middle, low), np.where(is_out, high, middle)
    return low


def _delayed(path: Array, first: float) -> Array:
    """Return the path shifted by one: the state before each value, beginning with `first`."""
    before: Array = np.concatenate([np.full((*path.shape[:-1], 1), first), path[..., :-1]], axis=-1)
    return before


_LEAST_NODES = 64
_NODES_PER_STEP = 16
_CLOSEST_LOOKS = 0.001
_FARTHEST_Z = 9.0


class Design(StrEnum):
    """How the error is spent over the looks."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"


_DELTA = {Design.OBRIEN_FLEMING: 0.0, Design.POCOCK: 0.5}


def group_sequential_bounds(
    n_looks: int,
    *,
    design: Design = Design.OBRIEN_FLEMING,
    alpha: float = 0.05,
    fractions: Sequence[float] | None = None,
) -> tuple[float, ...]:
    """Return the two-sided stopping bound on |z| at each look.

    Args:
        n_looks: Number of looks, the last one included.
        design: How the error is spent.
        alpha: Probability of stopping at any of the looks under the null hypothesis.
        fractions: The share of all planned cases at each look, rising to 1; equal steps where not given.

    Raises:
        ConfigurationError: no look, an alpha outside (0, 1), or fractions that do not rise to 1.
    """
    shares = _checked_fractions(n_looks, fractions)
    if not 0 < alpha < 1:
        raise ConfigurationError(f"alpha={alpha!r} must lie between 0 and 1", "For 5 % write 0.05")
    shape = shares ** (_DELTA[design] - 0.5)
    constant = crossing(lambda c: _crossing(c * shape, shares) - alpha, 0.0, _FARTHEST_Z)
    return tuple((constant * shape).tolist())


def crossing_probability(bounds: Sequence[float], *, fractions: Sequence[float] | None = None) -> float:
    """Return the probability that |z| exceeds its bound at any of the looks, under the null hypothesis."""
    return _crossing(np.asarray(bounds, dtype=np.float64), _checked_fractions(len(bounds), fractions))


def _checked_fractions(n_looks: int, fractions: Sequence[float] | None) -> Vector:
    if n_looks < 1:
        raise ConfigurationError(f"n_looks={n_looks!r} must be at least 1", "The last look counts too")
    shares = np.arange(1, n_looks + 1) / n_looks if fractions is None else np.asarray(fractions, dtype=np.float64)
    is_rising = shares.size == n_looks and shares[0] > 0 and shares[-1] == 1
    if not is_rising or (np.diff(shares) < _CLOSEST_LOOKS * (1 - 1e-9)).any():
        raise ConfigurationError(
            f"fractions={fractions!r} must be {n_looks} numbers that rise from above 0 to 1, by .001 or more",
            "Leave them out for equal steps",
        )
    return shares


def _crossing(bounds: Vector, shares: Vector) -> float:
    """Return 1 - P(the sum of the scores stays inside), a random walk with variance t at the share t."""
    limits = np.minimum(bounds, _FARTHEST_Z) * np.sqrt(shares)
    steps = np.sqrt(np.diff(shares, prepend=0.0))
    points, weights = _quadrature(float(steps[1:].min(initial=1.0)))
    places, density = np.zeros(1), np.ones(1)
    for limit, step in zip(limits, steps, strict=True):
        reached = points * limit
        density = _normal((reached[:, None] - places) / step) @ density / step * weights * limit
        places = reached
    return float(1 - density.sum())


@cache
def _quadrature(step: float) -> tuple[Vector, Vector]:
    """Return points in [-1, 1] and their weights, spaced more closely than the spread of the smallest step."""
    points, weights = np.polynomial.legendre.leggauss(_LEAST_NODES + round(_NODES_PER_STEP / step))
    return points, weights


def _normal(z: Vector) -> Vector:
    density: Vector = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    return density
