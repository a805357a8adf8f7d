"""Comparison of two candidates on the cases that both answered: better, equivalent or inconclusive.

The kind of data determines estimate, interval and test; the verdict follows the test, never the interval.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.stats.binary_pairs import binary_evidence, ordinal_evidence
from evaluation.stats.continuous_pairs import (
    as_ratio,
    clustered_evidence,
    continuous_evidence,
    log_terms,
    ratio_evidence,
)
from evaluation.stats.intervals import Interval, checked_confidence_level
from evaluation.stats.paired_tests import Evidence, PairTestSettings
from evaluation.stats.vectors import Usable, Vector, cluster_means, difference_of, paired_by_case, usable_scores
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INCONCLUSIVE, INSUFFICIENT_DATA, MIN_PAIRS, Kind

DISAGREE = "the verdict follows the test, with which the formula of the interval disagrees"
SMALL = "the difference is real, and smaller than the margin"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairComparison:
    """Comparison of A with B on the cases that both answered. Unavailable values are None, never NaN."""

    kind: Kind
    n_pairs: int
    """Compared cases, which have a value on both sides."""
    n_only_a: int
    """Cases with a value of A only."""
    n_only_b: int
    n_clusters: int | None
    """None if the cases are not clustered."""
    mean_a: float | None
    """Mean over the pairs; with clusters, the mean of the cluster means."""
    mean_b: float | None
    difference: float | None
    """A less B in the metric's unit; ordinal: P(A > B) - P(A < B); ratio: geometric mean of A / B, 1 if equal."""
    low: float | None
    high: float | None
    p_value: float | None
    """Two-sided p-value."""
    p_adjusted: float | None = None
    """Adjusted p-value if this is one of several comparisons; it then determines the verdict."""
    method: str
    """Methods of interval and test: `newcombe+mcnemar_exact`, `t+sign_flip`, `cluster_t`, …"""
    effect_size: float | None
    effect_size_name: str
    mde: float | None
    """Smallest true difference detected with a power of .8, above 1 for a ratio; None where not even the largest is."""
    n_more: int | None
    """Further cases needed to settle `aim`; 0 if these should have shown it, None if it is settled."""
    aim: float | None = None
    """Difference on which `n_more` is based: the margin, else 3 points for binary scores, else the observed one."""
    verdict: str
    margin: float | None = None
    p_equivalence: float | None = None
    """p-value of the two one-sided tests against the margin."""
    p_a_not_worse: float | None = None
    """One-sided p-value for: A is not worse than B by the margin."""
    p_b_not_worse: float | None = None
    also: Mapping[str, float] = field(default_factory=dict)
    """p-values of other tests, by name."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Statistics behind p-values and intervals, by name: chi-squares, Newcombe's phi, Student's t, Cohen's d, …"""
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    """Other intervals, by name."""
    design_effect: float | None = None
    """Factor by which clustering increases the variance of the mean over cases."""
    n_better_a: int
    """Pairs in which A is better."""
    n_better_b: int
    n_equal: int
    failures_as_zero: "PairComparison | None" = None
    """The comparison with failed cases scored 0; None if nothing failed, or if 0 is not the worst value."""
    notes: tuple[str, ...] = ()
    higher_is_better: bool = True
    confidence_level: float = 0.95


def kind_of(*sides: Mapping[str, float]) -> Kind:
    """Return `binary` where the scores of both sides are all 0 or 1, else `continuous`."""
    return _kind_of(*(usable_scores(side).values for side in sides))


def compare_pair(
    a: Mapping[str, float],
    b: Mapping[str, float],
    *,
    rng: "np.random.Generator",
    kind: Kind | None = None,
    clusters: Mapping[str, str] | None = None,
    failed_a: Collection[str] = (),
    failed_b: Collection[str] = (),
    margin: float | None = None,
    higher_is_better: bool = True,
    confidence_level: float = 0.95,
    beside: bool = True,
    largest_difference: float = inf,
) -> PairComparison:
    """Return the comparison of two candidates, paired by case id.

    Args:
        a: One score for each case, already averaged over repeats. NaN and None are failures.
        b: The same for the other one; the two may have different cases, and different numbers of repeats.
        rng: Seed it to reproduce a report. The order of the cases does not matter.
        kind: Inferred from the scores where it is not given: `kind_of`.
        clusters: The cluster of each case; a case without one is independent.
        failed_a: Cases on which A's server failed, which have no score.
        failed_b: The same of B.
        margin: The largest difference that does not matter, in the unit of the difference. Ratio: 0.1 reaches from
            1/1.1 to 1.1.
        higher_is_better: False for a latency: then A is better where it has less.
        confidence_level: Of the interval; one less this level is the threshold for p.
        beside: Whether to compute further intervals too, such as a bootstrap's.
        largest_difference: Possible between two scores; binary and ordinal ones differ by 1 at most.

    Raises:
        ConfigurationError: a score that is no finite number or does not fit the kind, a margin that is not positive.
    """
    _check_margin(margin)
    usable_a, usable_b = usable_scores(a), usable_scores(b)
    kind = kind or _kind_of(usable_a.values, usable_b.values)
    terms = PairTestSettings(
        confidence_level=checked_confidence_level(confidence_level),
        margin=margin,
        rng=rng,
        beside=beside,
        largest_difference=1.0 if kind in (Kind.BINARY, Kind.ORDINAL) else largest_difference,
    )
    comparison = _compared(usable_a.values, usable_b.values, kind, clusters or {}, terms, higher_is_better)
    zeros_a, zeros_b = _with_zeros(usable_a, failed_a), _with_zeros(usable_b, failed_b)
    n_both = len(zeros_a.keys() & zeros_b.keys())
    if n_both == len(usable_a.values.keys() & usable_b.values.keys()):
        return comparison
    if kind is Kind.RATIO or not higher_is_better:
        return comparison
    return replace(
        comparison, failures_as_zero=_compared(zeros_a, zeros_b, kind, clusters or {}, terms, higher_is_better)
    )


def _kind_of(*sides: Mapping[str, float]) -> Kind:
    values = {value for side in sides for value in side.values()}
    return Kind.BINARY if values <= {0.0, 1.0} else Kind.CONTINUOUS


def readjusted(
    comparison: PairComparison, *, p_adjusted: float, alpha: float, p_equivalence: float | None = None
) -> PairComparison:
    """Return the comparison with the verdict that follows from an adjusted p, and an interval that agrees with it.

    Args:
        comparison: One of several comparisons.
        p_adjusted: Its p, adjusted for the others.
        alpha: The threshold for it.
        p_equivalence: Adjusted too; without it, the comparison's own.
    """
    decided = _decided(
        comparison,
        p_value=None if comparison.p_value is None else p_adjusted,
        p_equivalence=comparison.p_equivalence if p_equivalence is None else p_equivalence,
        alpha=alpha,
    )
    low, high = agreeing_limits(
        (comparison.low, comparison.high),
        difference=comparison.difference,
        verdict=decided.verdict,
        equal=1.0 if comparison.kind is Kind.RATIO else 0.0,
    )
    return replace(decided, p_adjusted=p_adjusted, low=low, high=high)


def agreeing_limits(
    limits: tuple[float | None, float | None], *, difference: float | None, verdict: str, equal: float = 0.0
) -> tuple[float | None, float | None]:
    """Return an interval that does not contradict the verdict, which follows from a test.

    Where the test shows a difference, the interval ends at `equal`, which is not part of it; where the test does not,
    it reaches that far. At the one value that is tested, the interval then covers as the test promises.

    Args:
        limits: Lower and upper limit by a formula, at whatever level; None without one.
        difference: The estimate, whose side of `equal` a verdict names.
        verdict: `A better`, …
        equal: The value of no difference: 1 for a ratio.
    """
    low, high = limits
    if difference is None or verdict == INSUFFICIENT_DATA:
        return limits
    is_shown = verdict in (A_BETTER, B_BETTER)
    if low is not None and (difference > equal or not is_shown):
        low = max(low, equal) if is_shown else min(low, equal)
    if high is not None and (difference < equal or not is_shown):
        high = min(high, equal) if is_shown else max(high, equal)
    return low, high


def _decided(
    comparison: PairComparison, *, p_value: float | None, p_equivalence: float | None, alpha: float
) -> PairComparison:
    """Return the comparison with the verdict that follows from its p, and notes on that verdict."""
    gain = _lean(comparison)
    verdict = verdict_of(
        gain=gain if comparison.higher_is_better else -gain,
        p_value=p_value,
        n_pairs=comparison.n_pairs,
        alpha=alpha,
        p_equivalence=p_equivalence,
    )
    notes = [note for note in comparison.notes if note not in (DISAGREE, SMALL)]
    if p_value is not None and verdict != INSUFFICIENT_DATA and _is_outside(comparison) not in (None, p_value < alpha):
        notes.append(DISAGREE)
    if verdict in (A_BETTER, B_BETTER) and p_equivalence is not None and p_equivalence < alpha:
        notes.append(SMALL)
    n_more = None if verdict in (A_BETTER, B_BETTER, EQUIVALENT) else comparison.n_more
    return replace(comparison, verdict=verdict, n_more=n_more, notes=tuple(notes))


def _lean(comparison: PairComparison) -> float:
    """Return a number above 0 where A has more, 0 where difference and effect size disagree in direction."""
    if comparison.difference is None:
        return 0.0
    if comparison.kind is Kind.RATIO:
        return comparison.difference - 1
    is_split = comparison.effect_size is not None and comparison.effect_size * comparison.difference < 0
    return 0.0 if is_split else comparison.difference


def _is_outside(comparison: PairComparison) -> bool | None:
    """Return whether "no difference" lies outside the interval; None where there is no interval."""
    if comparison.low is None or comparison.high is None:
        return None
    equal = 1.0 if comparison.kind is Kind.RATIO else 0.0
    return not comparison.low <= equal <= comparison.high


def _check_margin(margin: float | None) -> None:
    if margin is not None and not 0 < margin < float("inf"):
        raise ConfigurationError(
            f"margin={margin!r} must be a positive number", "Name the largest difference that does not matter"
        )


def _with_zeros(side: Usable, failed: Collection[str]) -> Mapping[str, float]:
    return {case_id: 0.0 for case_id in side.missing.union(failed)} | dict(side.values)


def _compared(
    a: Mapping[str, float],
    b: Mapping[str, float],
    kind: Kind,
    clusters: Mapping[str, str],
    terms: PairTestSettings,
    higher_is_better: bool,
) -> PairComparison:
    # In the order of their ids, so that no other order changes a bit of the result.
    pairs = paired_by_case(dict(sorted(a.items())), dict(sorted(b.items())))
    kept = [i for i in range(pairs.n_pairs) if kind is not Kind.RATIO or min(pairs.a[i], pairs.b[i]) > 0]
    left, right = np.array(pairs.a, dtype=np.float64)[kept], np.array(pairs.b, dtype=np.float64)[kept]
    groups = [clusters.get(pairs.case_ids[i]) for i in kept]
    units = groups if _share_a_cluster(groups) else None
    evidence = _evidence(left, right, kind, units, terms) if kept else _NO_EVIDENCE
    within = evidence.within
    p_not_worse = (None, None) if within is None else (within.p_above, within.p_below)
    differences = difference_of(left, right)
    more, less = int((differences > 0).sum()), int((differences < 0).sum())
    comparison = PairComparison(
        kind=kind,
        n_pairs=len(kept),
        n_only_a=len(pairs.only_a),
        n_only_b=len(pairs.only_b),
        n_clusters=None if units is None else cluster_means(left, units).size,
        mean_a=_mean(left, units),
        mean_b=_mean(right, units),
        difference=evidence.difference if kept else None,
        low=None if evidence.interval is None else evidence.interval.low,
        high=None if evidence.interval is None else evidence.interval.high,
        p_value=evidence.p_value,
        method=evidence.method,
        effect_size=evidence.effect_size,
        effect_size_name=evidence.effect_size_name,
        mde=evidence.mde,
        n_more=_n_more(evidence, len(kept)),
        aim=evidence.aim,
        verdict=INSUFFICIENT_DATA,
        margin=terms.margin,
        p_equivalence=None if within is None else within.p_equivalence,
        p_a_not_worse=p_not_worse[0 if higher_is_better else 1],
        p_b_not_worse=p_not_worse[1 if higher_is_better else 0],
        also=evidence.also,
        statistics=evidence.statistics,
        intervals=evidence.intervals,
        design_effect=evidence.design_effect,
        n_better_a=more if higher_is_better else less,
        n_better_b=less if higher_is_better else more,
        n_equal=len(kept) - more - less,
        notes=evidence.notes + _left_out(pairs.n_pairs, pairs.n_pairs - len(kept)),
        higher_is_better=higher_is_better,
        confidence_level=terms.confidence_level,
    )
    return _decided(comparison, p_value=comparison.p_value, p_equivalence=comparison.p_equivalence, alpha=terms.alpha)


_NO_EVIDENCE = Evidence(
    difference=0.0,
    interval=None,
    p_value=None,
    method="none",
    effect_size=None,
    effect_size_name="none",
    mde=None,
    n_needed=None,
    aim=None,
)
_BY_CASE: Mapping[Kind, Callable[[Vector, Vector, PairTestSettings], Evidence]] = {
    Kind.BINARY: binary_evidence,
    Kind.CONTINUOUS: continuous_evidence,
    Kind.ORDINAL: ordinal_evidence,
    Kind.RATIO: ratio_evidence,
}


def _evidence(
    a: Vector, b: Vector, kind: Kind, clusters: Sequence[str | None] | None, terms: PairTestSettings
) -> Evidence:
    if clusters is None:
        return _BY_CASE[kind](a, b, terms)
    if kind is Kind.RATIO:
        return as_ratio(clustered_evidence(difference_of(np.log(a), np.log(b)), clusters, log_terms(terms)))
    differences = difference_of(a, b)
    return clustered_evidence(np.sign(differences) if kind is Kind.ORDINAL else differences, clusters, terms)


def _share_a_cluster(clusters: Sequence[str | None]) -> bool:
    named = [cluster for cluster in clusters if cluster is not None]
    return len(set(named)) < len(named)


def _mean(vector: Vector, clusters: Sequence[str | None] | None) -> float | None:
    if not vector.size:
        return None
    return float((vector if clusters is None else cluster_means(vector, clusters)).mean())


def _n_more(evidence: Evidence, n_pairs: int) -> int | None:
    at_least = max(0, MIN_PAIRS - n_pairs)
    if evidence.n_needed is None:
        return at_least or None
    return max(at_least, ceil(evidence.n_needed - n_pairs))


def _left_out(n_pairs: int, n_without_ratio: int) -> tuple[str, ...]:
    if not n_pairs:
        return ("the two have no case in common",)
    if not n_without_ratio:
        return ()
    return (f"{n_without_ratio} pairs have no ratio, since one side is not above 0, and were left out",)


def verdict_of(
    *, gain: float, p_value: float | None, n_pairs: int, alpha: float, p_equivalence: float | None = None
) -> str:
    """Return `A better`, `B better`, `equivalent` within the margin, `inconclusive` or `insufficient data`.

    Args:
        gain: Above 0 where A is better.
        p_value: Two-sided, adjusted where there are several comparisons; None where there was no test.
        n_pairs: Pairs of cases.
        alpha: The significance threshold.
        p_equivalence: Of both one-sided tests against the margin.
    """
    if n_pairs < MIN_PAIRS or p_value is None:
        return INSUFFICIENT_DATA
    if p_value < alpha and gain:
        return A_BETTER if gain > 0 else B_BETTER
    return EQUIVALENT if p_equivalence is not None and p_equivalence < alpha else INCONCLUSIVE
