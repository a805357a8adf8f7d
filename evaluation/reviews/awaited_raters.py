"""Raters still awaited. The result stays blinded until all have rated, since they could read it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from evaluation.records.reviews import RatingRecord, ReviewRecord, ReviewSession
from evaluation.results.reviews import AwaitedRaters, UnfinishedRater

PATIENCE = timedelta(days=30)
"""Inactivity after which a rater who has started is no longer awaited."""


def find_awaited(
    review: ReviewRecord, sessions: Sequence[ReviewSession], ratings: Sequence[RatingRecord], *, moment: datetime
) -> AwaitedRaters:
    """Return the raters still awaited: those who began, and those who were asked and did not begin."""
    named = _by_name(sessions, ratings)
    rated_in = {rating.session_id for rating in ratings}
    unfinished = {
        name: len(left)
        for key, (name, latest) in named.items()
        if (left := _left(review, key, sessions, ratings)) and not _is_given_up(latest, moment)
    }
    unnamed = [
        session
        for session in sessions
        if session.rater is None and session.session_id not in rated_in and not _is_given_up(session.started_at, moment)
    ]
    n_rated_by = _n_rated_by(review, ratings)
    return AwaitedRaters(
        n_raters=review.n_raters,
        n_to_come=max(0, review.n_raters - n_rated_by - len(unfinished) - len(unnamed)),
        unfinished=tuple(UnfinishedRater(rater=name, n_left=n_left) for name, n_left in sorted(unfinished.items())),
        n_unnamed=len(unnamed),
        is_over=n_rated_by >= review.n_raters and not unfinished and not unnamed,
    )


def _by_name(sessions: Sequence[ReviewSession], ratings: Sequence[RatingRecord]) -> dict[str, tuple[str, datetime]]:
    """Return the raters by name, ignoring case: the name as stored with ratings, and when they last did something."""
    seen = [(session.rater, session.started_at) for session in sessions if session.rater]
    seen += [(rating.rater, rating.rated_at) for rating in ratings]
    by_name: dict[str, tuple[str, datetime]] = {}
    for name, moment in seen:
        latest = max(moment, by_name.get(name.casefold(), (name, moment))[1])
        by_name[name.casefold()] = (name, latest)
    return by_name


def _left(
    review: ReviewRecord, key: str, sessions: Sequence[ReviewSession], ratings: Sequence[RatingRecord]
) -> set[int]:
    """Return the cases that nobody of that name rated, nor anybody in one of that person's sessions.

    A form may be signed with another name.
    """
    own = {rating.session_id for rating in ratings if rating.rater.casefold() == key}
    own |= {session.session_id for session in sessions if session.rater and session.rater.casefold() == key}
    done = {rating.said.item_id for rating in ratings if rating.rater.casefold() == key or rating.session_id in own}
    return {item.item_id for item in review.items} - done


def _n_rated_by(review: ReviewRecord, ratings: Collection[RatingRecord]) -> int:
    counts = {item.item_id: 0 for item in review.items}
    for rating in ratings:
        counts[rating.said.item_id] += 1
    return min(counts.values(), default=0)


def _is_given_up(last: datetime, moment: datetime) -> bool:
    return moment - last > PATIENCE
