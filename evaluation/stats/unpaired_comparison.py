"""Comparison of several groups without common cases: every pair tested, with adjusted verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf

from evaluation.stats.continuous_pairs import detectable_within
from evaluation.stats.intervals import checked_confidence_level
from evaluation.stats.multiplicity import holm
from evaluation.stats.pair_comparison import agreeing_limits, verdict_of
from evaluation.stats.paired_tests import MarginTest
from evaluation.stats.unpaired import (
    RankTest,
    UnpairedResult,
    rank_test,
    unpaired_means,
    unpaired_means_within,
    unpaired_shares,
    unpaired_shares_within,
)
from evaluation.stats.unpaired_power import CasesNeeded, means_needed, shares_needed
from evaluation.stats.vectors import Vector, as_vector, is_binary
from evaluation.stats.verdicts import INCONCLUSIVE, INSUFFICIENT_DATA, MIN_PAIRS, Kind

MIN_GROUP = MIN_PAIRS
"""Minimum of cases, or clusters of cases, in each group; the paired comparison needs as many pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPair:
    """Comparison of two groups on one metric."""

    a: str
    b: str
    kind: Kind
    test: UnpairedResult
    p_adjusted: float | None = None
    """Holm-adjusted over all pairs whose groups are large enough; determines the verdict."""
    within: MarginTest | None = None
    """Tests against the margin; None without one."""
    ranks: RankTest | None = None
    """None for binary scores."""
    verdict: str = INSUFFICIENT_DATA
    needed: CasesNeeded | None = None
    """What would settle it; None where it is settled, and where nothing can be said."""

    @property
    def is_large_enough(self) -> bool:
        """Whether both groups have enough cases for a verdict."""
        return min(self.test.n_a, self.test.n_b) >= MIN_GROUP


def compare_groups(
    groups: Mapping[str, Sequence[float]],
    *,
    against: str | None = None,
    margin: float | None = None,
    higher_is_better: bool = True,
    confidence_level: float = 0.95,
    may_be_shares: bool = True,
    largest_difference: float = inf,
) -> tuple[GroupPair, ...]:
    """Compare every pair of groups, or every group with one of them, with verdicts adjusted for all pairs.

    Args:
        groups: A value for each case, or each cluster of cases, of each group; at least one.
        against: The group that the others are compared with.
        margin: The largest difference that does not matter, in the unit of the values.
        higher_is_better: Whether the better group is the one with the higher mean.
        confidence_level: Of all intervals together (Bonferroni), which end at 0 where the adjusted p-value says that
            they do (`agreeing_limits`); one less this level is the threshold for adjusted p-values.
        may_be_shares: Whether values that are all 0 or 1 are shares. Counts that happen to be so are not.
        largest_difference: Possible between two values: no interval and no smallest visible difference is larger.
    """
    alpha = round(1 - checked_confidence_level(confidence_level), 12)
    vectors = {label: as_vector(values, what=f"values of {label}") for label, values in groups.items()}
    names = combinations(groups, 2) if against is None else ((label, against) for label in groups if label != against)
    pairs = list(names)
    kind = Kind.BINARY if may_be_shares and all(map(is_binary, vectors.values())) else Kind.CONTINUOUS
    level = 1 - alpha / max(1, len(pairs))
    tested = [_within(_tested(a, b, vectors[a], vectors[b], kind, margin, level), largest_difference) for a, b in pairs]
    decided = _decided(tested, higher_is_better=higher_is_better, alpha=alpha)
    return tuple(
        replace(pair, needed=_needed(pair, vectors[pair.a], vectors[pair.b], margin, largest_difference))
        if pair.verdict in (INCONCLUSIVE, INSUFFICIENT_DATA)
        else pair
        for pair in decided
    )


def _tested(a: str, b: str, of_a: Vector, of_b: Vector, kind: Kind, margin: float | None, level: float) -> GroupPair:
    if kind is Kind.BINARY:
        table = (int(of_a.sum()), of_a.size, int(of_b.sum()), of_b.size)
        return GroupPair(
            a=a,
            b=b,
            kind=kind,
            test=unpaired_shares(*table, confidence_level=level),
            within=None if margin is None else unpaired_shares_within(*table, margin=margin),
        )
    return GroupPair(
        a=a,
        b=b,
        kind=kind,
        test=unpaired_means(of_a.tolist(), of_b.tolist(), confidence_level=level),
        within=None if margin is None else unpaired_means_within(of_a, of_b, margin=margin),
        ranks=rank_test(of_a.tolist(), of_b.tolist()),
    )


def _within(pair: GroupPair, largest: float) -> GroupPair:
    """Return the pair with its interval cut to possible differences."""
    test = pair.test
    if test.low is None or test.high is None:
        return pair
    return replace(pair, test=replace(test, low=max(-largest, test.low), high=min(largest, test.high)))


def _needed(pair: GroupPair, a: Vector, b: Vector, margin: float | None, largest: float) -> CasesNeeded | None:
    """Return the cases that would settle a pair at the level of its interval, and at least those for any verdict."""
    alpha = round(1 - pair.test.confidence_level, 12)
    if pair.kind is Kind.BINARY:
        needed = shares_needed(int(a.sum()), a.size, int(b.sum()), b.size, margin=margin, alpha=alpha)
    else:
        needed = means_needed(a, b, margin=margin, alpha=alpha)
    at_least = max(0, MIN_GROUP - min(a.size, b.size))
    if needed is None:
        return CasesNeeded(n_more=at_least, aim=None, mde=None) if at_least else None
    return replace(
        needed,
        n_more=max(at_least, needed.n_more or 0) if at_least else needed.n_more,
        mde=detectable_within(needed.mde, largest),
    )


def _decided(tested: Sequence[GroupPair], *, higher_is_better: bool, alpha: float) -> tuple[GroupPair, ...]:
    """Return the pairs with their adjusted p-values and verdicts; those of equivalence are adjusted by themselves."""
    places = [i for i, pair in enumerate(tested) if pair.is_large_enough]
    adjusted = dict(zip(places, holm([tested[i].test.p_value for i in places]), strict=True)) if places else {}
    within = {i: test.p_equivalence for i in places if (test := tested[i].within) is not None}
    within = dict(zip(within, holm(tuple(within.values())), strict=True)) if within else {}
    return tuple(
        _with_verdict(
            pair,
            verdict_of(
                gain=pair.test.difference if higher_is_better else -pair.test.difference,
                p_value=adjusted.get(i),
                n_pairs=min(pair.test.n_a, pair.test.n_b),
                alpha=alpha,
                p_equivalence=within.get(i),
            ),
            p_adjusted=adjusted.get(i),
        )
        for i, pair in enumerate(tested)
    )


def _with_verdict(pair: GroupPair, verdict: str, *, p_adjusted: float | None) -> GroupPair:
    test = pair.test
    low, high = agreeing_limits((test.low, test.high), difference=test.difference, verdict=verdict)
    return replace(pair, p_adjusted=p_adjusted, verdict=verdict, test=replace(test, low=low, high=high))
