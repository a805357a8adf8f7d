"""Results of one pair of sides on one metric."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evaluation.results.estimates import MetricEstimate
from evaluation.stats.verdicts import Kind

Basis = Literal["fresh", "cached", "unknown", "balanced", "mixed"]
"""Of which prompts two sides were timed: of those that were new to both servers, of those in both caches, …"""


@dataclass(frozen=True, kw_only=True)
class PairNames:
    """Who is compared by what."""

    metric: str
    """`exact_match`, `latency_s`, …"""
    a: str
    """The label of the first side."""
    b: str
    """The label of the second side."""


@dataclass(frozen=True, kw_only=True)
class PairNumbers:
    """How A compares with B on the cases that both have a value of. What cannot be said is None."""

    verdict: str
    """`A better`, `B better`, `equivalent`, `inconclusive` or `insufficient data`."""
    difference: float | None
    """A less B in the metric's unit; ordinal: P(A > B) - P(A < B); ratio: geometric mean of A / B, 1 = equal."""
    low: float | None
    """Lower limit of the difference, at `confidence_level`."""
    high: float | None
    """Upper limit of the difference, at `confidence_level`."""
    p_value: float | None
    """Two-sided."""
    p_adjusted: float | None
    """Holm's, over all pairs of the metric; the verdict follows it."""
    n_pairs: int
    """Cases with a value on both sides."""
    method: str
    """The interval's method and the test's: `newcombe+mcnemar_exact`, `t+sign_flip`, `cluster_t`, …"""
    effect_size: float | None
    mde: float | None
    """The smallest true difference that so many pairs show with a power of .8; ratio: above 1."""
    kind: Kind
    """What the numbers are."""
    n_only_a: int
    """Cases with a value of A alone."""
    n_only_b: int
    """Cases with a value of B alone."""
    n_clusters: int | None
    """None where the cases stand by themselves."""
    mean_a: float | None
    """Over the pairs, in the metric's unit; with clusters, the mean of the cluster means."""
    mean_b: float | None
    """Over the pairs, in the metric's unit; with clusters, the mean of the cluster means."""
    effect_size_name: str
    n_more: int | None
    """Further cases with which `aim` would be settled; 0 where these would have shown it, None where it is settled."""
    aim: float | None
    """The difference for which `n_more` is: the margin, else 3 points for binary scores and the observed one."""
    margin: float | None
    """The largest difference that does not matter, in the metric's unit; None where none was given."""
    p_equivalence: float | None
    """Of two one-sided tests against the margin."""
    p_a_not_worse: float | None
    """One-sided: that A is not worse than B by the margin."""
    p_b_not_worse: float | None
    """One-sided: that B is not worse than A by the margin."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """What goes into p-values and intervals, by name: chi-squares, Newcombe's phi, Student's t, Cohen's d, …"""
    design_effect: float | None
    """How many times the clusters multiply the variance of the mean over cases."""
    n_better_a: int
    """Pairs in which A is the better one."""
    n_better_b: int
    """Pairs in which B is the better one."""
    n_equal: int
    higher_is_better: bool
    confidence_level: float
    """Of the interval: with several pairs higher than .95, so that all hold together (Bonferroni)."""
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
    """Of the difference, over cases or clusters; None where it says nothing, as of a ratio."""
    unit: str
    """The metric's."""
    tails: Mapping[str, MetricEstimate] = field(default_factory=dict)
    """Of latencies: by how much the median and the slow tail differ, A less B, in seconds, by `p50` and `p95`."""
    prompts: Basis | None = None
    """Of figures: of which prompts they were compared."""
    failures_as_zero: PairNumbers | None
    """The same with failed cases scored 0; None where nothing failed, or 0 is not the worst value."""
