"""What came of a review: here, and in the list of ratings, answers get their candidates' names back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from evaluation.metrics.parsing import metric_of
from evaluation.metrics.titles import short_titles
from evaluation.records.candidates import MetricUse
from evaluation.records.reviews import RatingRecord, ReviewItem, ReviewRecord, Said
from evaluation.results.reviews import (
    GradeFindings,
    GradesGiven,
    ItemRating,
    OutputGrades,
    PreferenceFindings,
    PreferenceGiven,
    RaterResult,
    ReviewedCase,
    ReviewedOutput,
    ReviewResult,
)
from evaluation.reviews.agreement import MetricValues, metrics_with_grades, metrics_with_preferences, rater_agreement
from evaluation.reviews.awaited_raters import find_awaited
from evaluation.reviews.blinded_cases import SPEED, letter
from evaluation.reviews.case_selection import CONTROL
from evaluation.reviews.grades import OVERALL, Ratings, candidate_grades, differences, graded_values
from evaluation.reviews.preferences import pair_preferences, ranking, votes_of
from evaluation.reviews.result_words import result_notes, result_sentence
from evaluation.scores import Measurement
from evaluation.store.ratings import load_ratings
from evaluation.store.reviews import find_review, list_sessions
from evaluation.store.scores import scores_of_generations
from evaluation.store.session import Store


def review_result(store: Store, review_id: str) -> ReviewResult:
    """Return the result of a review so far.

    Raises:
        UnknownNameError: there is none of that id.
    """
    review = find_review(store, review_id)
    all_ratings = load_ratings(store, review.review_id)
    ratings: dict[int, list[RatingRecord]] = {}
    for rating in all_ratings:
        ratings.setdefault(rating.said.item_id, []).append(rating)
    metrics, uses = _metric_values(store, review)
    reasons = [item.reason for item in review.items]
    result = ReviewResult(
        review_id=review.review_id,
        kind=review.kind,
        criteria=review.criteria,
        benchmark=review.benchmark_name,
        benchmark_version=review.benchmark_version,
        run_ids=review.run_ids,
        picked_by=review.headline,
        seed=review.seed,
        code_version=review.code_version,
        created_at=review.created_at,
        n_items=len(review.items),
        picked={reason: reasons.count(reason) for reason in dict.fromkeys(sorted(reasons))},
        raters=_raters(all_ratings),
        n_rated=len(ratings),
        awaited=find_awaited(review, list_sessions(store, review.review_id), all_ratings, moment=datetime.now(UTC)),
        findings=_grades(review, ratings, metrics) if review.criteria else _preferences(review, ratings, metrics, uses),
        items=tuple(_item(item, ratings.get(item.item_id, [])) for item in review.items),
    )
    return replace(result, sentence=result_sentence(result), notes=result_notes(result))


def _raters(all_ratings: Sequence[RatingRecord]) -> tuple[RaterResult, ...]:
    by_rater: dict[str, list[datetime]] = {}
    for rating in all_ratings:
        by_rater.setdefault(rating.rater, []).append(rating.rated_at)
    return tuple(
        RaterResult(rater=rater, n_cases=len(moments), first_at=min(moments), last_at=max(moments))
        for rater, moments in sorted(by_rater.items())
    )


def _grades(review: ReviewRecord, ratings: Ratings, metrics: MetricValues) -> GradeFindings:
    quality = [name for name in review.criteria if name != SPEED]
    names = [*([OVERALL] if len(quality) > 1 else []), *review.criteria]
    clusters = {item.case_id: item.cluster for item in review.items if item.cluster is not None}
    controls = {item.case_id for item in review.items if item.reason == CONTROL}
    values = graded_values(review.items, ratings)
    return GradeFindings(
        candidates=candidate_grades(values, names, clusters=clusters, controls=controls),
        differences=differences(values, names, clusters=clusters, seed=review.seed),
        agreement=rater_agreement(review.items, ratings, review.criteria, seed=review.seed),
        metrics=metrics_with_grades(review.items, ratings, metrics, seed=review.seed),
    )


def _preferences(
    review: ReviewRecord, ratings: Ratings, metrics: MetricValues, uses: Mapping[str, MetricUse]
) -> PreferenceFindings:
    controls = [item for item in review.items if item.reason == CONTROL]
    directions = {}
    for word, use in uses.items():
        metric = metric_of(use.name, use.signature)
        directions[word] = metric is None or metric.higher_is_better
    return PreferenceFindings(
        pairs=pair_preferences(review.items, ratings),
        pairs_on_controls=pair_preferences(controls, ratings),
        ranking=ranking(votes_of(review.items, ratings), seed=review.seed),
        agreement=rater_agreement(review.items, ratings, (), seed=review.seed),
        metrics=metrics_with_preferences(review.items, ratings, metrics, better_if_higher=directions),
    )


def _metric_values(
    store: Store, review: ReviewRecord
) -> tuple[dict[str, dict[int, Measurement]], dict[str, MetricUse]]:
    """Return the values of metrics and judges on the answers that were shown, by the metric's title."""
    ids = [output.generation_id for item in review.items for output in item.outputs]
    by_metric: dict[MetricUse, dict[int, Measurement]] = {}
    for generation_id, scores in scores_of_generations(store, ids).items():
        for use, measured in scores:
            if isinstance(measured, Measurement):
                by_metric.setdefault(use, {})[generation_id] = measured
    names = [use.name for use in by_metric]
    words = {use: use.name if names.count(use.name) == 1 else use.signature for use in by_metric}
    titles = short_titles({word: use.signature for use, word in words.items()})
    return (
        {titles[words[use]]: values for use, values in by_metric.items()},
        {titles[words[use]]: use for use in by_metric},
    )


def _item(item: ReviewItem, ratings: Sequence[RatingRecord]) -> ReviewedCase:
    return ReviewedCase(
        case=item.position + 1,
        case_id=item.case_id,
        picked=item.reason,
        why=item.why,
        outputs=tuple(
            ReviewedOutput(
                letter=letter(position),
                candidate=output.candidate,
                run_id=output.run_id,
                generation_id=output.generation_id,
            )
            for position, output in enumerate(item.outputs)
        ),
        ratings=tuple(
            ItemRating(
                rater=rating.rater,
                rated_at=rating.rated_at,
                judgement=_judgement(item, rating.said),
                notes=rating.said.notes,
            )
            for rating in ratings
        ),
    )


def _judgement(item: ReviewItem, judgement: Said) -> GradesGiven | PreferenceGiven:
    names = [output.candidate for output in item.outputs]
    if judgement.grades is None:
        return PreferenceGiven(preferred=None if judgement.preferred is None else names[judgement.preferred])
    return GradesGiven(
        grades={
            letter(position): OutputGrades(candidate=names[position], by_criterion=grades)
            for position, grades in enumerate(judgement.grades)
        }
    )
