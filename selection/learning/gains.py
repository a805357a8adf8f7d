"""Gain of one policy over another, on cases that it did not learn from.

A policy names, for each case, the candidate with the highest score among those that were measured on it. Two policies
are compared case by case, with the families as independent units.
"""

from dataclasses import asdict, dataclass

import numpy as np

from evaluation.formatting import percent, points
from selection.learning.families import Integers
from selection.retraining import GainResult
from selection.scoreboards.two_way import Matrix, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Gain of one policy over another, in the unit of quality."""

    value: float
    low: float
    high: float
    n_cases: int
    n_families: int
    confidence_level: float = 0.95

    @property
    def is_real(self) -> bool:
        """True if the whole interval is above zero."""
        return self.low > 0

    def in_points(self) -> str:
        """Return text such as `+1.20 points [0.31, 2.09]`; a point is a hundredth."""
        level = "" if self.confidence_level == 0.95 else f" at {percent(self.confidence_level)}"
        interval = f"[{points(self.low, digits=2)}, {points(self.high, digits=2)}]"
        return f"{points(self.value, digits=2, signed=True)} points {interval}{level}"


def gain_result(gain: Gain) -> GainResult:
    """Return the gain as it is stored and shown: without ends where there is no interval."""
    low, high = (end if np.isfinite(end) else None for end in (gain.low, gain.high))
    return GainResult(**{**asdict(gain), "low": low, "high": high})


def chosen(values: Matrix, scores: Matrix | Vector) -> Integers:
    """Return the candidate named for each case, among those measured on it.

    Args:
        values: Qualities, shape (n_cases, n_candidates), NaN where it was not asked.
        scores: Higher is better; for each case, or common to all; NaN for an unknown candidate.
    """
    usable = np.isfinite(values) & np.isfinite(scores)
    usable |= np.isfinite(values) & ~usable.any(axis=1, keepdims=True)
    choices: Integers = np.argmax(np.where(usable, np.nan_to_num(scores, nan=-1e9), -np.inf), axis=1)
    return choices


def reached(values: Matrix, scores: Matrix | Vector) -> Vector:
    """Return the quality on each case of the candidate named for it, shape (n_cases,)."""
    return np.asarray(np.take_along_axis(values, chosen(values, scores)[:, None], axis=1)[:, 0], dtype=np.float64)


def paired_gain(ours: Vector, theirs: Vector, families: Integers, *, confidence_level: float = 0.95) -> Gain:
    """Return the mean of `ours - theirs`, with a t interval on errors clustered by family.

    With one family there is no interval: it reaches from minus to plus infinity.
    """
    from scipy.stats import t

    apart = ours - theirs
    value = float(apart.mean()) if len(apart) else 0.0
    distinct_families, place = np.unique(families, return_inverse=True)
    n_families = len(distinct_families)
    if n_families < 2:
        return Gain(
            value=value,
            low=-np.inf,
            high=np.inf,
            n_cases=len(apart),
            n_families=n_families,
            confidence_level=confidence_level,
        )
    sums = np.bincount(place, apart - value)
    se = float(np.sqrt((sums**2).sum() * n_families / (n_families - 1))) / len(apart)
    reach = float(t.ppf(0.5 + confidence_level / 2, n_families - 1)) * se
    return Gain(
        value=value,
        low=value - reach,
        high=value + reach,
        n_cases=len(apart),
        n_families=n_families,
        confidence_level=confidence_level,
    )
