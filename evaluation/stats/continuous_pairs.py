"""Scores on a scale, on the same cases: Student's interval of the differences, and a test that flips their signs."""

from dataclasses import replace
from math import sqrt
from typing import NamedTuple

import numpy as np

from evaluation.stats.bootstrap import accelerated_mean_interval
from evaluation.stats.effect_sizes import cohen_dz, hedges_gz
from evaluation.stats.equivalence import mean_within
from evaluation.stats.equivalence_cases import mean_equivalence_cases
from evaluation.stats.intervals import Interval, t_interval
from evaluation.stats.numbers import Vector, difference_of, is_constant, standard_deviation
from evaluation.stats.pair_evidence import Evidence, PairTestSettings
from evaluation.stats.power import paired_t_cases, paired_t_detectable
from evaluation.stats.sign_flips import sign_flip_p_value

NO_SPREAD = "every pair differs by the same: no spread was seen, so there is no interval"
MIN_PAIRS_TO_RESAMPLE = 100
"""With fewer heavy-tailed differences the bootstrap's 95% interval covers under 90%, Student's nearly 95%."""
SKEWED = 0.1
"""Skewness of the mean (the differences' by the root of n) from which its interval is checked by a bootstrap."""
_LARGEST_EFFECT = 1e6
SMALLEST_EFFECT = 1e-6
"""In standard deviations; nobody has the cases that would show a smaller one."""


def continuous_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return what two scores a case say of the difference of their means."""
    differences = difference_of(a, b)
    p_value, test = sign_flip_p_value(differences, rng=terms.rng)
    evidence = mean_evidence(differences, terms, test=test, p_value=p_value)
    together = correlation(a, b)
    return (
        evidence if together is None else replace(evidence, statistics={**evidence.statistics, "correlation": together})
    )


def mean_evidence(differences: Vector, terms: PairTestSettings, *, test: str, p_value: float) -> Evidence:
    """Return the evidence of differences whose test was made before.

    Args:
        differences: Shape (n_pairs,).
        terms: What is asked.
        test: Name of the test.
        p_value: What it gave.
    """
    interval = spread_interval(differences, terms.confidence_level)
    t = paired_t(differences)
    mean, n, margin = float(differences.mean()), differences.size, terms.margin
    deviation = standard_deviation(differences) if interval else 0.0
    aim = abs(mean) if margin is None else margin
    return Evidence(
        difference=mean,
        interval=interval,
        p_value=p_value,
        method=f"{'t' if interval else 'no_spread'}+{test}",
        effect_size=hedges_gz(differences),
        effect_size_name="hedges_gz",
        mde=_detectable(n, deviation, terms.alpha),
        n_needed=needed(deviation, aim, is_margin=margin is not None, alpha=terms.alpha),
        aim=aim or None,
        within=None if margin is None else mean_within(differences, margin),
        also={} if t is None else {"paired_t": t.p_value},
        statistics=_statistics(t, cohen_dz(differences)),
        intervals=_checks(differences, terms),
        notes=(NO_SPREAD,) if n > 1 and interval is None and mean else (),
    )


def spread_interval(differences: Vector, confidence_level: float) -> Interval | None:
    """Return Student's interval of the mean; None for one pair, and where no spread was seen."""
    n = differences.size
    if n < 2 or is_constant(differences):
        return None
    error = standard_deviation(differences) / sqrt(n)
    return t_interval(float(differences.mean()), error, n - 1, confidence_level=confidence_level)


class PairedT(NamedTuple):
    """Student's test of paired differences."""

    t: float
    standard_error: float
    """Of the mean difference."""
    degrees_of_freedom: int
    p_value: float
    """Two-sided."""


def paired_t(differences: Vector) -> PairedT | None:
    """Return the paired t-test; None for one pair, and where no spread was seen."""
    from scipy.special import stdtr

    n = differences.size
    if n < 2 or is_constant(differences):
        return None
    deviation = standard_deviation(differences)
    t = float(differences.mean()) / deviation * sqrt(n)
    return PairedT(t, deviation / sqrt(n), n - 1, 2 * float(stdtr(n - 1, -abs(t))))


def paired_t_p_value(differences: Vector) -> float | None:
    """Return the two-sided p of the paired t-test; None for one pair, and where no spread was seen."""
    result = paired_t(differences)
    return None if result is None else result.p_value


def correlation(a: Vector, b: Vector) -> float | None:
    """Pearson's correlation of two sides' scores, which is what pairing saves; None where a side does not vary."""
    if a.size < 2 or is_constant(a) or is_constant(b):
        return None
    scaled = [(side - side.mean()) / standard_deviation(side) for side in (a, b)]
    return max(-1.0, min(1.0, float(scaled[0] @ scaled[1]) / (a.size - 1)))


def _statistics(t: PairedT | None, d: float | None) -> dict[str, float]:
    return {} if t is None or d is None else {"paired_t": t.t, "cohen_dz": d}


def needed(deviation: float, aim: float, *, is_margin: bool, alpha: float) -> float | None:
    """Return the pairs that would show a difference of `aim`, or equivalence within it.

    None where nothing can be said.
    """
    if not deviation or aim < deviation * SMALLEST_EFFECT:
        return None
    effect = min(aim / deviation, _LARGEST_EFFECT)
    return mean_equivalence_cases(effect, alpha=alpha) if is_margin else paired_t_cases(effect, alpha=alpha)


def _detectable(n: int, deviation: float, alpha: float) -> float | None:
    effect = paired_t_detectable(n, alpha=alpha) if deviation else None
    return None if effect is None else effect * deviation


def _checks(differences: Vector, terms: PairTestSettings) -> dict[str, Interval]:
    """Return the bootstrap's interval.

    Where the mean of so many differences is still skewed and they are enough for it.
    """
    if not terms.beside or differences.size < MIN_PAIRS_TO_RESAMPLE or is_constant(differences):
        return {}
    if abs(skewness(differences)) / sqrt(differences.size) < SKEWED:
        return {}
    interval = accelerated_mean_interval(differences, rng=terms.rng, confidence_level=terms.confidence_level)
    return {} if interval is None else {"bca": interval}


def skewness(vector: Vector) -> float:
    """Return how lopsided the values are around their mean, 0 for none; they must vary."""
    scaled = (vector - vector.mean()) / standard_deviation(vector)
    return float(np.mean(scaled**3))
