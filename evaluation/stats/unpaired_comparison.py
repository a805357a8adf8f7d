"""Which of several groups without common cases is better? Every pair tested, and what holds for all pairs together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import acos, copysign, cos, erfc, inf, pi, sqrt

from evaluation.stats.intervals import checked_confidence_level
from evaluation.stats.multiplicity import holm
from evaluation.stats.pair_comparison import verdict_of
from evaluation.stats.paired_tests import MarginTest
from evaluation.stats.unpaired import RankTest, UnpairedResult, rank_test, unpaired_means, unpaired_shares, welch_error
from evaluation.stats.vectors import Vector, as_vector, is_binary, is_constant
from evaluation.stats.verdicts import INSUFFICIENT_DATA, MIN_PAIRS, Kind

MIN_GROUP = MIN_PAIRS
"""Cases, or clusters of them, that each group needs; the paired comparison asks for as many pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPair:
    """Two groups on one metric."""

    a: str
    b: str
    kind: Kind
    test: UnpairedResult
    p_adjusted: float | None = None
    """Holm's, over all pairs whose groups are large enough; the verdict follows it."""
    within: MarginTest | None = None
    """Against the margin; None without one."""
    ranks: RankTest | None = None
    """None for right or wrong."""
    verdict: str = INSUFFICIENT_DATA

    @property
    def is_large_enough(self) -> bool:
        """Whether both groups have the cases for a verdict."""
        return min(self.test.n_a, self.test.n_b) >= MIN_GROUP


def compare_groups(
    groups: Mapping[str, Sequence[float]],
    *,
    against: str | None = None,
    margin: float | None = None,
    higher_is_better: bool = True,
    confidence_level: float = 0.95,
) -> tuple[GroupPair, ...]:
    """Return every pair of groups, or every group with one of them, with verdicts that allow for all pairs.

    Args:
        groups: A value for each case, or each cluster of cases, of each group; at least one.
        against: The group that the others are compared with.
        margin: The largest difference that does not matter, in the unit of the values.
        higher_is_better: Whether the better group is the one with the higher mean.
        confidence_level: Of all intervals together (Bonferroni); its rest is the limit for adjusted p-values.
    """
    alpha = round(1 - checked_confidence_level(confidence_level), 12)
    vectors = {label: as_vector(values, what=f"values of {label}") for label, values in groups.items()}
    names = combinations(groups, 2) if against is None else ((label, against) for label in groups if label != against)
    pairs = list(names)
    kind = Kind.BINARY if all(map(is_binary, vectors.values())) else Kind.CONTINUOUS
    level = 1 - alpha / max(1, len(pairs))
    tested = [_tested(a, b, vectors[a], vectors[b], kind, margin, level) for a, b in pairs]
    return _decided(tested, higher_is_better=higher_is_better, alpha=alpha)


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


def _decided(tested: Sequence[GroupPair], *, higher_is_better: bool, alpha: float) -> tuple[GroupPair, ...]:
    """Return the pairs with their adjusted p-values and verdicts; those of equivalence are adjusted by themselves."""
    places = [i for i, pair in enumerate(tested) if pair.is_large_enough]
    adjusted = dict(zip(places, holm([tested[i].test.p_value for i in places]), strict=True)) if places else {}
    within = {i: test.p_equivalence for i in places if (test := tested[i].within) is not None}
    within = dict(zip(within, holm(tuple(within.values())), strict=True)) if within else {}
    return tuple(
        replace(
            pair,
            p_adjusted=adjusted.get(i),
            verdict=verdict_of(
                gain=pair.test.difference if higher_is_better else -pair.test.difference,
                p_value=adjusted.get(i),
                n_pairs=min(pair.test.n_a, pair.test.n_b),
                alpha=alpha,
                p_equivalence=within.get(i),
            ),
        )
        for i, pair in enumerate(tested)
    )


def unpaired_shares_within(right_a: int, n_a: int, right_b: int, n_b: int, *, margin: float) -> MarginTest:
    """Return what two groups of right and wrong answers say against a difference as large as the margin."""
    shares = right_a / n_a, right_b / n_b
    z_above = farrington_manning_z(*shares, n_a=n_a, n_b=n_b, difference=-min(1.0, margin))
    z_below = farrington_manning_z(*shares, n_a=n_a, n_b=n_b, difference=min(1.0, margin))
    return MarginTest(
        p_above=erfc(z_above / sqrt(2)) / 2,
        p_below=erfc(-z_below / sqrt(2)) / 2,
        statistic_above=z_above,
        statistic_below=z_below,
    )


def farrington_manning_z(a: float, b: float, *, n_a: int, n_b: int, difference: float) -> float:
    """Return how many standard errors `a - b` lies above `difference`, were that the true one."""
    likely_a = _likeliest_share(a, b, n_b / n_a, difference)
    likely_b = min(1.0, max(0.0, likely_a - difference))
    error = sqrt(likely_a * (1 - likely_a) / n_a + likely_b * (1 - likely_b) / n_b)
    distance = a - b - difference
    return distance / error if error else copysign(inf, distance) if distance else 0.0


def _likeliest_share(a: float, b: float, ratio: float, difference: float) -> float:
    """Return A's share under which the data are the most likely, were it `difference` above B's: a cubic's root."""
    cubic = 1 + ratio
    square = -(1 + ratio + a + ratio * b + difference * (ratio + 2))
    linear = difference**2 + difference * (2 * a + ratio + 1) + a + ratio * b
    constant = -a * difference * (1 + difference)
    v = (square / (3 * cubic)) ** 3 - square * linear / (6 * cubic**2) + constant / (2 * cubic)
    u = copysign(sqrt(max(0.0, (square / (3 * cubic)) ** 2 - linear / (3 * cubic))), v)
    angle = (pi + acos(min(1.0, max(-1.0, v / u**3)))) / 3 if u else 0.0
    share = 2 * u * cos(angle) - square / (3 * cubic)
    return min(1.0, 1 + difference, max(0.0, difference, share))


def unpaired_means_within(a: Vector, b: Vector, *, margin: float) -> MarginTest | None:
    """Return what two groups of scores say against a difference of means as large as the margin, by Welch's t.

    None for a group of one, and where neither group varies.
    """
    from scipy.special import stdtr

    if min(a.size, b.size) < 2 or (is_constant(a) and is_constant(b)):
        return None
    error, degrees = welch_error(a, b)
    difference = float(a.mean() - b.mean())
    above, below = (difference + margin) / error, (difference - margin) / error
    return MarginTest(
        p_above=float(stdtr(degrees, -above)),
        p_below=float(stdtr(degrees, below)),
        statistic_above=above,
        statistic_below=below,
    )
