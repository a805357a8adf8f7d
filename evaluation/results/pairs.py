"""Results of one pair of sides on one metric."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evaluation.results.estimates import MetricEstimate
from evaluation.stats.verdicts import Kind

Basis = Literal["fresh", "cached", "unknown", "balanced", "mixed"]
"""Prompts on which two sides were timed: those new to both servers, those in both caches, …"""


@dataclass(frozen=True, kw_only=True)
class PairNames:
    """Metric and sides of a pair."""

    metric: str
    """`exact_match`, `latency_s`, …"""
    a: str
    """The label of the first side."""
    b: str
    """The label of the second side."""


@dataclass(frozen=True, kw_only=True)
class PairNumbers:
    """Comparison of A with B on the cases that both have a value of. Unavailable values are None."""

    verdict: str
    """`A better`, `B better`, `equivalent`, `inconclusive` or `insufficient data`."""
    difference: float | None
    """A less B in the metric's unit; ordinal: P(A > B) - P(A < B); ratio: geometric mean of A / B, 1 if equal."""
    low: float | None
    """Lower limit of the difference at `confidence_level`; not part of the interval where it is 0 (1 of a ratio)
    beside a verdict that one is better."""
    high: float | None
    """Upper limit of the difference at `confidence_level`, likewise."""
    p_value: float | None
    """Two-sided p-value."""
    p_adjusted: float | None
    """Holm-adjusted over all pairs of the metric; determines the verdict."""
    n_pairs: int
    """Cases with a value on both sides."""
    method: str
    """Methods of interval and test: `newcombe+mcnemar_exact`, `t+sign_flip`, `cluster_t`, …"""
    effect_size: float | None
    mde: float | None
    """Smallest true difference that this many pairs detect with a power of .8; above 1 for a ratio. None where they
    would not detect even the largest possible one."""
    kind: Kind
    """Kind of the compared values."""
    n_only_a: int
    """Cases with a value of A only."""
    n_only_b: int
    """Cases with a value of B only."""
    n_clusters: int | None
    """None if the cases are not clustered."""
    mean_a: float | None
    """Mean over the pairs, in the metric's unit; with clusters, the mean of the cluster means."""
    mean_b: float | None
    """Mean over the pairs, in the metric's unit; with clusters, the mean of the cluster means."""
    effect_size_name: str
    n_more: int | None
    """Further cases needed to settle `aim`; 0 if these should have shown it, None if it is settled."""
    aim: float | None
    """Difference on which `n_more` is based: the margin, else 3 points for binary scores, else the observed one."""
    margin: float | None
    """Largest negligible difference, in the metric's unit; None if not set."""
    p_equivalence: float | None
    """p-value of the two one-sided tests against the margin."""
    p_a_not_worse: float | None
    """One-sided p-value for: A is not worse than B by the margin."""
    p_b_not_worse: float | None
    """One-sided p-value for: B is not worse than A by the margin."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Statistics behind p-values and intervals, by name: chi-squares, Newcombe's phi, Student's t, Cohen's d, …"""
    design_effect: float | None
    """Factor by which clustering increases the variance of the mean over cases."""
    n_better_a: int
    """Pairs in which A is better."""
    n_better_b: int
    """Pairs in which B is better."""
    n_equal: int
    higher_is_better: bool
    confidence_level: float
    """Level of the interval: with several pairs higher than .95, so that all hold together (Bonferroni)."""
    also: Mapping[str, float]
    """p-values of other tests, by name."""
    intervals: Mapping[str, tuple[float, float]]
    """Other intervals of the difference, by name."""
    notes: tuple[str, ...]


# The order of the bases is that of JSON: the last one's fields stand first.
@dataclass(frozen=True, kw_only=True)
class PairResult(PairNumbers, PairNames):
    """Two sides on one metric."""

    standard_error: float | None
    """Standard error of the difference over cases or clusters; None where it does not apply, as for a ratio."""
    unit: str
    """Unit of the metric."""
    tails: Mapping[str, MetricEstimate] = field(default_factory=dict)
    """Differences of latencies, A less B, in seconds, for the median and the slow tail, by `p50` and `p95`."""
    prompts: Basis | None = None
    """Prompts on which figures were compared."""
    failures_as_zero: PairNumbers | None
    """The comparison with failed cases scored 0; None if nothing failed, or if 0 is not the worst value."""
