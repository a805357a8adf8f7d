"""People's ratings of all reviews, as a list: whose the answers are is told only of reviews that are over."""

from collections.abc import Collection
from datetime import UTC, datetime

from evaluation.records.reviews import ListedRating, ReviewRecord
from evaluation.results.reviews import ToldRating
from evaluation.reviews.awaited_raters import find_awaited
from evaluation.reviews.blinded_cases import letter
from evaluation.reviews.lettered_ratings import TIE
from evaluation.store.ratings import load_ratings, names_of_rater, newest_ratings, reviews_of_run
from evaluation.store.reviews import find_review, list_sessions
from evaluation.store.runs import find_run
from evaluation.store.session import Store

_AT_ONCE = 1000
_NEWEST = "last"


def told_ratings(
    store: Store,
    *,
    review: str | None = None,
    run: str | None = None,
    candidate: str | None = None,
    rater: str | None = None,
    before: int | None = None,
    limit: int,
) -> tuple[ToldRating, ...]:
    """Return ratings, the newest first.

    Of a review that is open, only those of a named rater are among them, without names of candidates: nobody learns by
    accident what others said, and to ask for a candidate would tell which answers are its own.

    Args:
        store: The store.
        review: Only those of this review: its id, a prefix of it, or `last`.
        run: Only those of reviews of this run, which may be deleted since: its id, the beginning of it, or `last`.
        candidate: Only those of cases with an answer of this candidate, of reviews that are over.
        rater: Only those of this person.
        before: Number of the rating behind which they begin; None: at the newest.
        limit: Number of ratings at most.

    Raises:
        UnknownNameError: no such review.
    """
    review_ids = _chosen(store, review, run)
    raters = None if rater is None else names_of_rater(store, rater)
    reviews: dict[str, tuple[ReviewRecord, bool]] = {}
    hidden: set[str] = set()
    told: list[ToldRating] = []
    while len(told) < limit:
        rows = newest_ratings(
            store,
            review_ids=review_ids,
            without=hidden,
            candidate=candidate,
            raters=raters,
            before=before,
            limit=min(_AT_ONCE, limit),
        )
        for row in rows:
            if row.review_id not in reviews:
                reviews[row.review_id] = _with_state(store, row.review_id)
            record, is_open = reviews[row.review_id]
            if is_open and (rater is None or candidate is not None):
                hidden.add(row.review_id)
            else:
                told.append(_told(row, record, is_open=is_open))
        if len(rows) < min(_AT_ONCE, limit):
            break
        before = rows[-1].rating_id
    return tuple(told[:limit])


def _chosen(store: Store, review: str | None, run: str | None) -> Collection[str] | None:
    of_run = None if run is None else reviews_of_run(store, find_run(store, run).plan.run_id if run == _NEWEST else run)
    if review is None:
        return of_run
    review_ids = frozenset({find_review(store, review).review_id})
    return review_ids if of_run is None else review_ids & of_run


def _with_state(store: Store, review_id: str) -> tuple[ReviewRecord, bool]:
    """Return a review, and whether ratings of it are missing."""
    review = find_review(store, review_id)
    awaited = find_awaited(
        review, list_sessions(store, review_id), load_ratings(store, review_id), moment=datetime.now(UTC)
    )
    return review, not awaited.is_over


def _told(row: ListedRating, review: ReviewRecord, *, is_open: bool) -> ToldRating:
    judgement = row.rating.said
    item = next(item for item in review.items if item.item_id == judgement.item_id)
    preferred = TIE if judgement.preferred is None else letter(judgement.preferred)
    return ToldRating(
        rating_id=row.rating_id,
        review_id=review.review_id,
        kind=review.kind,
        benchmark=review.benchmark_name,
        run_ids=review.run_ids,
        case=item.position + 1,
        rater=row.rating.rater,
        rated_at=row.rating.rated_at,
        grades=None
        if judgement.grades is None
        else {letter(place): each for place, each in enumerate(judgement.grades)},
        better=None if judgement.grades is not None else preferred,
        notes=judgement.notes,
        is_open=is_open,
        case_id=None if is_open else item.case_id,
        candidates=None if is_open else {letter(place): output.candidate for place, output in enumerate(item.outputs)},
    )
