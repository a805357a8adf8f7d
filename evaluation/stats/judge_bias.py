"""Position and length bias of a judge.

Every pair is judged in both orders. A judge that considers only the answers prefers the first place once and the second
place once, so each pair cancels out; what is left over is the preference for a place.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.stats.intervals import Interval, checked_confidence_level, wilson_interval, z_value
from evaluation.stats.paired_tests import mcnemar_p_value, sign_flip_p_value
from evaluation.stats.rank_correlation import centred_ranks, draw_shuffles, shuffle_p_value, spearman
from evaluation.stats.reweighting import Matrix, cluster_numbers, reweighted_interval
from evaluation.stats.vectors import Vector, as_vector, cluster_means, is_constant
from evaluation.stats.verdicts import MIN_PAIRS

FIRST, SECOND, TIE = "A", "B", "tie"
N_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBias:
    """Preference of a pairwise judge for a position."""

    first_share: float | None = None
    """Share of the decided verdicts that prefer the answer in first position; one half without bias."""
    first_low: float | None = None
    """Wilson's limits, with verdicts treated as independent: too wide for a consistent judge."""
    first_high: float | None = None
    size: float | None = None
    """P(first position wins) - P(second position wins) over both orders, in [-1, 1]."""
    size_low: float | None = None
    """Limits of Bonett and Price over the cases."""
    size_high: float | None = None
    p_value: float | None = None
    """Exact two-sided sign test of whether half of the cases that favour a position favour the first one."""
    n_pairs: int
    n_decided: int
    """Verdicts, two for each pair, that are not ties."""
    n_inconsistent: int
    """Pairs whose two verdicts name different winners; a tie counts as a winner of its own."""
    reason: str | None = None
    """Why the values are missing."""
    confidence_level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthBias:
    """Association of a judge's preference with length. Longer answers may also be better: this is no proof of bias."""

    correlation: float | None = None
    """Spearman's correlation in [-1, 1]: of grade and length, or of preference and difference in length."""
    low: float | None = None
    """Bootstrap limits over the cases."""
    high: float | None = None
    p_value: float | None = None
    """Two-sided p-value of a permutation test."""
    n_cases: int
    longer_share: float | None = None
    """Share of the decided pairs of unequal length in which the longer answer won; None for grades."""
    longer_low: float | None = None
    longer_high: float | None = None
    n_decided: int = 0
    reason: str | None = None
    """Why the values are missing."""
    confidence_level: float = 0.95


def position_bias(
    verdicts: Sequence[str],
    swapped: Sequence[str],
    *,
    clusters: Sequence[Hashable] | None = None,
    confidence_level: float = 0.95,
) -> PositionBias:
    """Return how far the judge prefers a position, from verdicts of `A` (the first), `B` (the second) and `tie`.

    Args:
        verdicts: One a pair.
        swapped: Those on the same pairs with the answers in the other order.
        clusters: The case of each pair; pairs of one case are averaged before the effect size and p are computed.
        confidence_level: Of the intervals.

    Raises:
        IncomparableError: not two verdicts for each pair.
        ConfigurationError: a verdict that is none of the three.
    """
    level = checked_confidence_level(confidence_level)
    if len(verdicts) != len(swapped):
        raise IncomparableError(
            f"{len(verdicts)} verdicts and {len(swapped)} on the swapped pairs", "Leave out pairs that lack one"
        )
    places, swapped_places = _places(verdicts), _places(swapped)
    n_first = int((places > 0).sum() + (swapped_places > 0).sum())
    n_decided = n_first + int((places < 0).sum() + (swapped_places < 0).sum())
    n_inconsistent = int((places != -swapped_places).sum())
    n_pairs = places.size
    decided = (places != 0) | (swapped_places != 0)
    case_of = range(places.size) if clusters is None else clusters
    n_cases = len({case for case, is_decided in zip(case_of, decided, strict=True) if is_decided})
    if n_cases < MIN_PAIRS:
        return PositionBias(
            n_pairs=n_pairs,
            n_decided=n_decided,
            n_inconsistent=n_inconsistent,
            reason=f"{n_cases} cases with a decided verdict are too few (at least {MIN_PAIRS})",
            confidence_level=level,
        )
    leans = (places + swapped_places) / 2
    leans = leans if clusters is None else cluster_means(leans, clusters)
    share, size = wilson_interval(n_first, n_decided, confidence_level=level), _lean_interval(leans, level)
    return PositionBias(
        first_share=n_first / n_decided,
        first_low=share.low,
        first_high=share.high,
        size=float(leans.mean()),
        size_low=size.low,
        size_high=size.high,
        p_value=mcnemar_p_value(int((leans > 0).sum()), int((leans < 0).sum()))[0],
        n_pairs=n_pairs,
        n_decided=n_decided,
        n_inconsistent=n_inconsistent,
        confidence_level=level,
    )


def length_bias_of_pairs(
    preferences: Sequence[float],
    lengths: Sequence[float],
    other_lengths: Sequence[float],
    *,
    rng: "np.random.Generator",
    clusters: Sequence[Hashable] | None = None,
    n_resamples: int = N_RESAMPLES,
    confidence_level: float = 0.95,
) -> LengthBias:
    """Return how far the longer of two answers is preferred.

    The correlation is that of the preference with the logarithm of the lengths' ratio, over the pairs as seen from
    both sides, so that it does not matter which of the two is called the measured one. p flips the sides.

    Args:
        preferences: 1 where the first of the two answers won, 0 where the other did, 0.5 for a tie.
        lengths: Of the answers, in characters.
        other_lengths: Of the answers that they were compared with.
        rng: Seed it to reproduce a report.
        clusters: The case of each pair, where a case has several: it is drawn and flipped whole.
        n_resamples: How often the cases are drawn again for the interval.
        confidence_level: Of the intervals.
    """
    level = checked_confidence_level(confidence_level)
    if not len(preferences) == len(lengths) == len(other_lengths):
        raise IncomparableError(
            f"{len(preferences)} preferences, {len(lengths)} lengths and {len(other_lengths)} of the others",
            "Give one of each for every pair",
        )
    if len(preferences) == 0:
        return LengthBias(n_cases=0, reason="there are no verdicts")
    wins = 2 * as_vector(preferences, what="preferences") - 1
    ratios = np.log1p(as_vector(lengths, what="lengths")) - np.log1p(as_vector(other_lengths, what="other lengths"))
    longer_wins = (wins * ratios)[(wins != 0) & (ratios != 0)] > 0
    if longer_wins.size < MIN_PAIRS:
        few = f"{longer_wins.size} decided pairs of unequal length are too few (at least {MIN_PAIRS})"
        return LengthBias(n_cases=wins.size, reason=few, n_decided=longer_wins.size)
    both_sides = np.concatenate([ratios, -ratios]), np.concatenate([wins, -wins])

    def statistic(weights: Matrix) -> Vector:
        return spearman(np.tile(weights, (1, 2)), *both_sides)

    interval = reweighted_interval(
        statistic,
        wins.size,
        rng=rng,
        n_resamples=n_resamples,
        confidence_level=level,
        n_numbers_a_row=2 * wins.size,
        clusters=clusters,
    )
    ranks = [centred_ranks(side)[: wins.size] for side in both_sides]
    share = wilson_interval(int(longer_wins.sum()), longer_wins.size, confidence_level=level)
    return LengthBias(
        correlation=float(statistic(np.ones((1, wins.size)))[0]),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        p_value=sign_flip_p_value(_by_case(ranks[0] * ranks[1], clusters), rng=rng)[0],
        n_cases=wins.size,
        longer_share=float(longer_wins.mean()),
        longer_low=share.low,
        longer_high=share.high,
        n_decided=longer_wins.size,
        confidence_level=level,
    )


def length_bias_of_grades(
    grades: Sequence[float],
    lengths: Sequence[float],
    *,
    rng: "np.random.Generator",
    clusters: Sequence[Hashable] | None = None,
    n_resamples: int = N_RESAMPLES,
    confidence_level: float = 0.95,
) -> LengthBias:
    """Return how far longer answers get better grades: Spearman's correlation of the two.

    Args:
        grades: One an answer.
        lengths: Of the same answers.
        rng: Seed it to reproduce a report.
        clusters: The case of each answer, where a case has several: it is drawn whole, and p flips the signs of the
            cases' shares in the correlation instead of shuffling grades.
        n_resamples: How often the cases are drawn again for the interval.
        confidence_level: Of the interval.
    """
    level = checked_confidence_level(confidence_level)
    if len(grades) != len(lengths):
        raise IncomparableError(f"{len(grades)} grades and {len(lengths)} lengths", "Give one of each for every answer")
    if len(grades) < MIN_PAIRS:
        return LengthBias(n_cases=len(grades), reason=f"{len(grades)} grades are too few (at least {MIN_PAIRS})")
    grade_vector, length_vector = as_vector(grades, what="grades"), as_vector(lengths, what="lengths")
    if is_constant(grade_vector) or is_constant(length_vector):
        alike = "grades" if is_constant(grade_vector) else "lengths"
        return LengthBias(n_cases=grade_vector.size, reason=f"all {alike} are equal: no correlation is defined")
    interval = reweighted_interval(
        lambda weights: spearman(weights, length_vector, grade_vector),
        grade_vector.size,
        rng=rng,
        n_resamples=n_resamples,
        confidence_level=level,
        clusters=clusters,
    )
    ranks = centred_ranks(length_vector), centred_ranks(grade_vector)
    shares = _by_case(ranks[0] * ranks[1], clusters)
    alone = shares.size == grade_vector.size
    return LengthBias(
        correlation=float(spearman(np.ones((1, grade_vector.size)), length_vector, grade_vector)[0]),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        p_value=shuffle_p_value(*ranks, draw_shuffles(ranks[0].size, rng))
        if alone
        else sign_flip_p_value(shares, rng=rng)[0],
        n_cases=grade_vector.size,
        confidence_level=level,
    )


def _by_case(products: Vector, clusters: Sequence[Hashable] | None) -> Vector:
    """Return the contribution of each case to a correlation."""
    if clusters is None:
        return products
    sums: Vector = np.bincount(cluster_numbers(clusters), weights=products).astype(np.float64)
    return sums


def _places(verdicts: Sequence[str]) -> Vector:
    """Return 1 where the first position won, -1 where the second did, 0 for a tie."""
    signs = {FIRST: 1.0, SECOND: -1.0, TIE: 0.0}
    for verdict in verdicts:
        if verdict not in signs:
            raise ConfigurationError(
                f"invalid verdict {verdict!r}; expected {FIRST}, {SECOND} or {TIE}",
                "Leave unreadable verdicts out, and count them",
            )
    return np.array([signs[verdict] for verdict in verdicts], dtype=np.float64)


def _lean_interval(leans: Vector, confidence_level: float) -> Interval:
    """Return the limits of the mean preference for a position, in [-1, 1]; never of zero width.

    Wald's, after adding one pair that leans to each position (Bonett & Price 2012, doi:10.3102/1076998611411915): made
    for differences of two paired shares, it needs no more than the preferences themselves.
    """
    n = leans.size + 2
    centre = leans.sum() / n
    variance = ((leans**2).sum() + 2) / n - centre**2
    half_width = z_value(confidence_level) * (variance / n) ** 0.5
    return Interval(max(-1.0, float(centre - half_width)), min(1.0, float(centre + half_width)))
