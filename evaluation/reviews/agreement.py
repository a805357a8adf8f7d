"""Agreement of raters with each other, and of metrics and judges with the raters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import fmean

import numpy as np

from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.judges.rubric import JudgeRubric, rubric_evidence
from evaluation.records.reviews import ReviewItem
from evaluation.results.reviews import MetricAgreement, RaterAgreement
from evaluation.reviews.grades import OVERALL, Ratings, with_overall
from evaluation.reviews.preferences import TIE, score_of_first
from evaluation.scores import Measurement
from evaluation.stats.agreement import krippendorff_alpha, raw_agreement, weighted_kappa
from evaluation.stats.intervals import SHARES, mean_estimate
from evaluation.stats.rank_correlation import spearman
from evaluation.stats.reweighting import reweighted_interval

PREFERENCE = "preference"
N_RESAMPLES = 1000
_MISSING = float("nan")
_LEVEL = 0.95
Key = tuple[int, int]
"""An item and the index of an output in it."""
MetricValues = Mapping[str, Mapping[int, Measurement]]
"""Values by metric, then by generation."""


def rater_agreement(
    items: Sequence[ReviewItem], ratings: Ratings, criteria: Sequence[str], *, seed: int
) -> tuple[RaterAgreement, ...]:
    """Return how far raters agree by criterion: Krippendorff's alpha over all, and a weighted kappa for each pair.

    Empty for a single rater. The answers of a case are not independent, so that whole cases are resampled.
    """
    raters = sorted({rating.rater for of_item in ratings.values() for rating in of_item})
    if len(raters) < 2:
        return ()
    rows = []
    for name in criteria or (PREFERENCE,):
        rng = np.random.default_rng(seed)
        keys, table = _table(items, ratings, raters, name)
        clusters = [item_id for item_id, _ in keys]
        alpha = krippendorff_alpha(table, rng=rng, clusters=clusters)
        # The plain share's interval would take the answers of one case for independent evidence: it gets none.
        equal = replace(raw_agreement(table), low=None, high=None)
        rows += [RaterAgreement(criterion=name, raters=tuple(raters), agreement=of_all) for of_all in (alpha, equal)]
        for a, b in combinations(range(len(raters)), 2):
            kappa = weighted_kappa(table[a], table[b], rng=rng, clusters=clusters)
            rows.append(RaterAgreement(criterion=name, raters=(raters[a], raters[b]), agreement=kappa))
    return tuple(rows)


def _table(
    items: Sequence[ReviewItem], ratings: Ratings, raters: Sequence[str], name: str
) -> tuple[list[Key], list[list[float]]]:
    """Return the keys of what was rated, and a row of ratings per rater with gaps as NaN."""
    by_rater: dict[str, dict[Key, float]] = {rater: {} for rater in raters}
    for item in items:
        for rating in ratings.get(item.item_id, ()):
            if name == PREFERENCE:
                by_rater[rating.rater][item.item_id, 0] = score_of_first(rating)
            for position, grades in enumerate(rating.said.grades or ()):
                if name in grades:
                    by_rater[rating.rater][item.item_id, position] = float(grades[name])
    keys = sorted(set().union(*by_rater.values()))
    return keys, [[by_rater[rater].get(key, _MISSING) for key in keys] for rater in raters]


def metrics_with_grades(
    items: Sequence[ReviewItem], ratings: Ratings, metrics: MetricValues, *, seed: int
) -> tuple[MetricAgreement, ...]:
    """Return how far each metric agrees with people's grades of the same answers, over all criteria but speed."""
    people = _people(items, ratings)
    rows = []
    for name, values in metrics.items():
        keys = [key for key in people if people[key][0] in values]
        if not keys:
            continue
        clusters = [item_id for item_id, _ in keys]
        measured = [values[people[key][0]] for key in keys]
        human_grades = [people[key][1] for key in keys]
        rows.append(_correlation(name, [measurement.value for measurement in measured], human_grades, clusters, seed))
        if name.startswith(JudgeRubric.name):
            rows += _kappa(name, measured, human_grades, clusters, seed)
    return tuple(rows)


def _people(items: Sequence[ReviewItem], ratings: Ratings) -> dict[Key, tuple[int, float]]:
    """Return the generation id and the mean overall grade from people of each graded answer."""
    people: dict[Key, tuple[int, float]] = {}
    for item in items:
        for position, output in enumerate(item.outputs):
            grades = [
                overall
                for rating in ratings.get(item.item_id, ())
                if rating.said.grades is not None and (overall := _overall(rating.said.grades[position])) is not None
            ]
            if grades:
                people[item.item_id, position] = (output.generation_id, fmean(grades))
    return people


def _overall(grades: Mapping[str, int]) -> float | None:
    return next(iter(with_overall(grades).values()), None)


def _correlation(
    name: str, x: Sequence[float], y: Sequence[float], clusters: Sequence[int], seed: int
) -> MetricAgreement:
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    value = float(spearman(np.ones((1, left.size)), left, right)[0])
    interval = None
    if value == value:
        interval = reweighted_interval(
            lambda weights: spearman(weights, left, right),
            left.size,
            rng=np.random.default_rng(seed),
            n_resamples=N_RESAMPLES,
            confidence_level=_LEVEL,
            clusters=clusters,
        )
    return MetricAgreement(
        metric=name,
        of=OVERALL,
        coefficient="spearman",
        value=value if value == value else None,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        n=left.size,
        reason=None if value == value else "one of the two does not vary",
    )


def _kappa(
    name: str, measured: Sequence[Measurement], human_grades: Sequence[float], clusters: Sequence[int], seed: int
) -> Iterator[MetricAgreement]:
    """Yield the weighted kappa of a judge that also grades from 1 to 5 with people's grades."""
    evidence = [rubric_evidence(measurement) for measurement in measured]
    grades = [_MISSING if verdict is None else verdict.score for verdict in evidence]
    if any(grade == grade for grade in grades):
        kappa = weighted_kappa(grades, list(human_grades), rng=np.random.default_rng(seed), clusters=clusters)
        yield MetricAgreement(
            metric=name,
            of=OVERALL,
            coefficient=kappa.coefficient,
            value=kappa.value,
            low=kappa.low,
            high=kappa.high,
            n=kappa.n_pairable,
            reason=kappa.reason,
        )


def metrics_with_preferences(
    items: Sequence[ReviewItem], ratings: Ratings, metrics: MetricValues, *, better_if_higher: Mapping[str, bool]
) -> tuple[MetricAgreement, ...]:
    """Return how often each metric agrees with the majority of people, of the cases on which both take a side."""
    rows = []
    for name, values in metrics.items():
        measured = {place: measurement.value for place, measurement in values.items()}
        if name.startswith(JudgePairwise.name):
            measured = _of_pairs(items, measured)
        agreed: list[float] = []
        clusters: list[str | None] = []
        for item in items:
            scores = [score_of_first(rating) for rating in ratings.get(item.item_id, ())]
            first, second = (measured.get(output.generation_id) for output in item.outputs)
            if not scores or fmean(scores) == TIE or first is None or second is None:
                continue
            if apart := first - second:
                agreed.append(float((apart > 0) is ((fmean(scores) > TIE) is better_if_higher[name])))
                clusters.append(item.cluster)
        if agreed:
            share = mean_estimate(agreed, clusters=clusters if any(clusters) else None, value_range=SHARES)
            rows.append(
                MetricAgreement(
                    metric=name,
                    of=PREFERENCE,
                    coefficient="same_side",
                    value=share.value,
                    low=share.low,
                    high=share.high,
                    n=share.n_cases,
                    reason=None,
                )
            )
    return tuple(rows)


def _of_pairs(items: Sequence[ReviewItem], values: Mapping[int, float]) -> dict[int, float]:
    """Return a pairwise judge's values of answers shown beside the opponent's, which has no verdict of its own.

    What the judge says of two other answers, each against the opponent, is not a verdict between these.
    """
    decided = {
        output.candidate for item in items for output in item.outputs if values.get(output.generation_id, TIE) != TIE
    }
    pair_values: dict[int, float] = {}
    for item in items:
        opponents = [output for output in item.outputs if output.candidate not in decided]
        others = [output for output in item.outputs if output.candidate in decided]
        if len(opponents) == 1 and all(other.generation_id in values for other in others):
            pair_values |= {other.generation_id: values[other.generation_id] for other in others}
            pair_values[opponents[0].generation_id] = TIE
    return pair_values
