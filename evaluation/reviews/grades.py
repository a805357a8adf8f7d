"""Mean grades of each candidate, and differences of pairs; raters are averaged first, one number a case."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from statistics import fmean

import numpy as np

from evaluation.records.reviews import RatingRecord, ReviewItem
from evaluation.requests.review_request import LEAST, MOST
from evaluation.results.reviews import GradedCandidate, GradeDifference
from evaluation.reviews.blinded_cases import SPEED
from evaluation.scores import Estimate
from evaluation.stats.intervals import mean_estimate
from evaluation.stats.multiplicity import holm
from evaluation.stats.pair_comparison import PairComparison, compare_pair, readjusted
from evaluation.stats.verdicts import Kind

OVERALL = "overall"
"""Mean of all grades of an answer except that for speed."""
_ALPHA = 0.05
_WIDEST = float(MOST - LEAST)
"""Largest distance from 0 of a difference of two grades, and so of its interval."""
Values = dict[str, dict[str, dict[str, float]]]
"""Mean of the raters' grades by candidate, criterion and case."""
Ratings = Mapping[int, Sequence[RatingRecord]]
"""Ratings by item."""


def graded_values(items: Sequence[ReviewItem], ratings: Ratings) -> Values:
    """Return one number per graded candidate, criterion and case."""
    by_candidate: dict[str, dict[str, dict[str, list[float]]]] = {}
    for item in items:
        for rating in ratings.get(item.item_id, ()):
            for output, grades in zip(item.outputs, rating.said.grades or (), strict=False):
                for name, value in with_overall(grades).items():
                    of_case = by_candidate.setdefault(output.candidate, {}).setdefault(name, {})
                    of_case.setdefault(item.case_id, []).append(value)
    return {
        candidate: {
            name: {case_id: fmean(values) for case_id, values in cases.items()} for name, cases in of_candidate.items()
        }
        for candidate, of_candidate in by_candidate.items()
    }


def with_overall(grades: Mapping[str, int]) -> dict[str, float]:
    """Return the grades of an answer together with their mean."""
    quality = [float(value) for name, value in grades.items() if name != SPEED]
    overall = {OVERALL: fmean(quality)} if len(quality) > 1 else {}
    return overall | {name: float(value) for name, value in grades.items()}


def candidate_grades(
    values: Values, names: Sequence[str], *, clusters: Mapping[str, str], controls: Collection[str]
) -> tuple[GradedCandidate, ...]:
    """Return the grades of each candidate, the best first, over all cases and over the controls alone."""
    rows = [
        GradedCandidate(
            candidate=candidate,
            grades={name: _estimate(by_criterion[name], clusters) for name in names if name in by_criterion},
            controls={
                name: _estimate(only, clusters)
                for name in names
                if name in by_criterion
                and (only := {case: v for case, v in by_criterion[name].items() if case in controls})
            },
        )
        for candidate, by_criterion in values.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-_first(row.grades), row.candidate)))


def _first(grades: Mapping[str, Estimate]) -> float:
    return next((grade.value for grade in grades.values()), 0.0)


def _estimate(by_case: Mapping[str, float], clusters: Mapping[str, str]) -> Estimate:
    of = [clusters.get(case_id) for case_id in by_case]
    return mean_estimate(list(by_case.values()), clusters=of if any(of) else None, value_range=(LEAST, MOST))


def differences(
    values: Values, names: Sequence[str], *, clusters: Mapping[str, str], seed: int
) -> tuple[GradeDifference, ...]:
    """Return the difference of each pair of candidates on their common cases, by criterion, the better mean first.

    The first criterion is adjusted for all of its pairs, the other criteria for all of their pairs together.
    """
    first, rest = names[:1], names[1:]
    return tuple(
        difference for family in (first, rest) for difference in _family(values, family, clusters=clusters, seed=seed)
    )


def _family(values: Values, names: Sequence[str], *, clusters: Mapping[str, str], seed: int) -> list[GradeDifference]:
    pairs = [
        (name, a, b)
        for name in names
        for a, b in combinations([candidate for candidate in values if name in values[candidate]], 2)
        if values[a][name].keys() & values[b][name].keys()
    ]
    level = 1 - _ALPHA / max(1, len(pairs))
    comparisons = [
        (name, a, b, _compared(values[a][name], values[b][name], clusters, seed, level)) for name, a, b in pairs
    ]
    adjusted = holm([1.0 if comparison.p_value is None else comparison.p_value for *_, comparison in comparisons])
    return [
        _difference(name, a, b, readjusted(comparison, p_adjusted=p, alpha=_ALPHA))
        for (name, a, b, comparison), p in zip(comparisons, adjusted, strict=True)
    ]


def _compared(
    a: Mapping[str, float], b: Mapping[str, float], clusters: Mapping[str, str], seed: int, level: float
) -> PairComparison:
    rng = np.random.default_rng(seed)
    return compare_pair(
        a,
        b,
        rng=rng,
        kind=Kind.CONTINUOUS,
        clusters=clusters,
        confidence_level=level,
        beside=False,
        largest_difference=_WIDEST,
    )


def _difference(name: str, a: str, b: str, comparison: PairComparison) -> GradeDifference:
    turned = comparison.difference is not None and comparison.difference < 0
    low, high = comparison.low, comparison.high
    if turned:
        low, high = (None if high is None else -high), (None if low is None else -low)
    return GradeDifference(
        criterion=name,
        a=b if turned else a,
        b=a if turned else b,
        difference=None if comparison.difference is None else abs(comparison.difference),
        low=low,
        high=high,
        n_cases=comparison.n_pairs,
        p_value=comparison.p_value,
        p_adjusted=None if comparison.p_value is None else comparison.p_adjusted,
        is_significant=comparison.verdict in ("A better", "B better"),
        method=comparison.method,
    )
