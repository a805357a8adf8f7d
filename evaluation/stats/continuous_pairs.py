"""Scores on a scale, or ratios of quantities, on the same cases: Student's interval, and a test that flips signs.

Of ratios the logarithms are compared: exp(mean(log A - log B)), the geometric mean of the ratios. Of pairs of one
document, subject or template, which are not independent evidence, the cluster means, with G-1 degrees of freedom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, inf, log1p, sqrt
from typing import NamedTuple

import numpy as np

from evaluation.stats.bootstrap import accelerated_mean_interval
from evaluation.stats.intervals import Interval, interval_within, t_interval
from evaluation.stats.paired_tests import Evidence, PairTestSettings, mean_within, sign_flip_p_value
from evaluation.stats.power import mean_equivalence_cases, paired_t_cases, paired_t_detectable
from evaluation.stats.vectors import (
    SKEWED,
    Vector,
    cluster_means,
    design_effect,
    difference_of,
    is_constant,
    skewness,
    standard_deviation,
)

NO_SPREAD = "every pair differs by the same: no spread was seen, so there is no interval"
MIN_PAIRS_TO_RESAMPLE = 100
"""With fewer heavy-tailed differences, the bootstrap's 95% interval covers under 90%, Student's nearly 95%."""
_LARGEST_EFFECT = 1e6
SMALLEST_EFFECT = 1e-6
"""Effect in standard deviations; a smaller one would need more cases than anyone has."""


def continuous_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return the evidence of paired scores on the difference of their means."""
    differences = difference_of(a, b)
    p_value, test = sign_flip_p_value(differences, rng=terms.rng)
    evidence = mean_evidence(differences, terms, test=test, p_value=p_value)
    together = correlation(a, b)
    return (
        evidence if together is None else replace(evidence, statistics={**evidence.statistics, "correlation": together})
    )


def mean_evidence(differences: Vector, terms: PairTestSettings, *, test: str, p_value: float) -> Evidence:
    """Return the evidence of differences that have already been tested.

    Args:
        differences: Shape (n_pairs,).
        terms: Settings of the test.
        test: Name of the test.
        p_value: Its result.
    """
    largest = terms.largest_difference
    interval = interval_within(spread_interval(differences, terms.confidence_level), -largest, largest)
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
        mde=detectable_within(_detectable(n, deviation, terms.alpha), largest),
        n_needed=needed(deviation, aim, is_margin=margin is not None, alpha=terms.alpha),
        aim=aim or None,
        within=None if margin is None else mean_within(differences, margin),
        also={} if t is None else {"paired_t": t.p_value},
        statistics=_statistics(t, cohen_dz(differences)),
        intervals=_checks(differences, terms),
        notes=(NO_SPREAD,) if n > 1 and interval is None and mean else (),
    )


def spread_interval(differences: Vector, confidence_level: float) -> Interval | None:
    """Return Student's interval of the mean; None for one pair, and for equal differences."""
    n = differences.size
    if n < 2 or is_constant(differences):
        return None
    error = standard_deviation(differences) / sqrt(n)
    return t_interval(float(differences.mean()), error, n - 1, confidence_level=confidence_level)


class PairedT(NamedTuple):
    """Student's t-test of paired differences."""

    t: float
    standard_error: float
    """Standard error of the mean difference."""
    degrees_of_freedom: int
    p_value: float
    """Two-sided p-value."""


def paired_t(differences: Vector) -> PairedT | None:
    """Return the paired t-test; None for one pair, and for equal differences."""
    from scipy.special import stdtr

    n = differences.size
    if n < 2 or is_constant(differences):
        return None
    deviation = standard_deviation(differences)
    t = float(differences.mean()) / deviation * sqrt(n)
    return PairedT(t, deviation / sqrt(n), n - 1, 2 * float(stdtr(n - 1, -abs(t))))


def paired_t_p_value(differences: Vector) -> float | None:
    """Return the two-sided p of the paired t-test; None for one pair, and for equal differences."""
    result = paired_t(differences)
    return None if result is None else result.p_value


def correlation(a: Vector, b: Vector) -> float | None:
    """Return Pearson's correlation of two sides' scores, the gain from pairing; None where a side does not vary."""
    if a.size < 2 or is_constant(a) or is_constant(b):
        return None
    scaled = [(side - side.mean()) / standard_deviation(side) for side in (a, b)]
    return max(-1.0, min(1.0, float(scaled[0] @ scaled[1]) / (a.size - 1)))


def _statistics(t: PairedT | None, d: float | None) -> dict[str, float]:
    return {} if t is None or d is None else {"paired_t": t.t, "cohen_dz": d}


def needed(deviation: float, aim: float, *, is_margin: bool, alpha: float) -> float | None:
    """Return the number of pairs that would show a difference of `aim`, or equivalence within it.

    None where it cannot be computed.
    """
    if not deviation or aim < deviation * SMALLEST_EFFECT:
        return None
    effect = min(aim / deviation, _LARGEST_EFFECT)
    return mean_equivalence_cases(effect, alpha=alpha) if is_margin else paired_t_cases(effect, alpha=alpha)


def detectable_within(detectable: float | None, largest_difference: float) -> float | None:
    """Return the smallest visible difference; None where even the largest one possible would not be seen."""
    return None if detectable is None or detectable > largest_difference else detectable


def _detectable(n: int, deviation: float, alpha: float) -> float | None:
    effect = paired_t_detectable(n, alpha=alpha) if deviation else None
    return None if effect is None else effect * deviation


def _checks(differences: Vector, terms: PairTestSettings) -> dict[str, Interval]:
    """Return the bootstrap interval, if the mean difference is still skewed and the pairs are enough to resample."""
    if not terms.beside or differences.size < MIN_PAIRS_TO_RESAMPLE or is_constant(differences):
        return {}
    if abs(skewness(differences)) / sqrt(differences.size) < SKEWED:
        return {}
    interval = accelerated_mean_interval(differences, rng=terms.rng, confidence_level=terms.confidence_level)
    return {} if interval is None else {"bca": interval}


def cohen_dz(differences: Vector) -> float | None:
    """Return Cohen's dz: the mean difference in standard deviations of the differences.

    None for one pair, and for equal differences.
    """
    if differences.size < 2 or is_constant(differences):
        return None
    return float(differences.mean()) / standard_deviation(differences)


def hedges_gz(differences: Vector) -> float | None:
    """Return the mean difference in standard deviations of the differences, corrected for small samples (Hedges 1981).

    J · mean / sd, J = 1 - 3 / (4 (n - 1) - 1). None for one pair, and for equal differences.
    """
    d = cohen_dz(differences)
    return None if d is None else small_sample_factor(differences.size - 1) * d


def small_sample_factor(degrees_of_freedom: int) -> float:
    """Return Hedges' J, which corrects the bias of a standardised difference."""
    return 1 - 3 / (4 * degrees_of_freedom - 1)


FEW_CLUSTERS = 10


def clustered_evidence(differences: Vector, clusters: Sequence[str | None], terms: PairTestSettings) -> Evidence:
    """Return the evidence of the cluster means of the differences; for a single cluster only the difference.

    Args:
        differences: One for each case: A less B, its sign, or the logarithm of A by B.
        clusters: The cluster of each case; None for a case in none.
        terms: Settings of the test.
    """
    means = cluster_means(differences, clusters)
    if means.size == 1:
        return _refused(float(means[0]))
    p_flips, flips = sign_flip_p_value(means, rng=terms.rng)
    p_t = paired_t_p_value(means)
    test, p_value = ("t", p_t) if p_t is not None else (flips, p_flips)
    evidence = mean_evidence(means, terms, test=test, p_value=p_value)
    cases_a_cluster = differences.size / means.size
    return replace(
        evidence,
        method="cluster_t" if p_t is not None else f"cluster_{evidence.method}",
        n_needed=None if evidence.n_needed is None else evidence.n_needed * cases_a_cluster,
        also={"sign_flip": p_flips},
        statistics={"cluster_t" if name == "paired_t" else name: value for name, value in evidence.statistics.items()},
        design_effect=design_effect(differences, clusters),
        notes=evidence.notes + _few(means.size),
    )


def _few(n_clusters: int) -> tuple[str, ...]:
    if n_clusters >= FEW_CLUSTERS:
        return ()
    return (f"only {n_clusters} clusters: fewer than {FEW_CLUSTERS} may not be representative",)


def _refused(difference: float) -> Evidence:
    return Evidence(
        difference=difference,
        interval=None,
        p_value=None,
        method="cluster_none",
        effect_size=None,
        effect_size_name="hedges_gz",
        mde=None,
        n_needed=None,
        aim=None,
        notes=("all pairs are of one cluster, which says nothing about how clusters vary",),
    )


_LARGEST_LOG = 700.0
_MOST_FLIPPED = 20_000
"""Pairs up to which sign flips accompany Student's test; beyond, both agree, and flips are slow."""


def ratio_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return the evidence of paired positive quantities on their ratio, A by B.

    A margin of 0.1 reaches from 1/1.1 to 1.1.
    """
    differences = difference_of(np.log(a), np.log(b))
    p_t = paired_t_p_value(differences)
    if p_t is not None and differences.size > _MOST_FLIPPED:
        return _as_log_ratio(mean_evidence(differences, log_terms(terms), test="t", p_value=p_t), {})
    p_flips, flips = sign_flip_p_value(differences, rng=terms.rng)
    test, p_value = ("t", p_t) if p_t is not None else (flips, p_flips)
    evidence = mean_evidence(differences, log_terms(terms), test=test, p_value=p_value)
    return _as_log_ratio(evidence, {"sign_flip": p_flips})


def _as_log_ratio(evidence: Evidence, also: Mapping[str, float]) -> Evidence:
    method = evidence.method.replace("t+t", "log_t").replace("no_spread+", "log_no_spread+")
    return as_ratio(replace(evidence, method=method, also={**evidence.also, **also}))


def log_terms(terms: PairTestSettings) -> PairTestSettings:
    """Return the settings with the margin on the log scale, where differences have no bound."""
    return replace(terms, margin=None if terms.margin is None else log1p(terms.margin), largest_difference=inf)


def as_ratio(evidence: Evidence) -> Evidence:
    """Transform evidence on logarithms into evidence on ratios."""
    return replace(
        evidence,
        difference=_exp(evidence.difference),
        interval=_interval(evidence.interval),
        effect_size=_exp(evidence.difference),
        effect_size_name="ratio",
        mde=None if evidence.mde is None or evidence.mde > _LARGEST_LOG else exp(evidence.mde),
        aim=None if evidence.aim is None else _exp(evidence.aim),
        intervals={name: Interval(_exp(low), _exp(high)) for name, (low, high) in evidence.intervals.items()},
    )


def _interval(logs: Interval | None) -> Interval | None:
    return None if logs is None else Interval(_exp(logs.low), _exp(logs.high))


def _exp(logarithm: float) -> float:
    """Return e to the power of the number, limited to about the largest float."""
    return exp(min(logarithm, _LARGEST_LOG))
