"""Who is still to rate? Until nobody is, no result says whose answers are whose: who still rates could read it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evaluation.records import RatingRecord, ReviewRecord, ReviewSession

PATIENCE = timedelta(days=30)
"""Who began and did nothing for so long is waited for no longer."""
N_RATERS = "n_raters"
"""In a review's request: how many people were asked to rate; one where nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedRaters:
    """Who is waited for."""

    n_raters: int
    """How many people are to rate each case."""
    n_rated_by: int
    """How many people have rated each case, at least."""
    unfinished: Mapping[str, int]
    """Who began, with how many cases are left."""
    n_unnamed: int
    """How many began and have not said who they are."""

    @property
    def n_to_come(self) -> int:
        """How many are still to begin."""
        return max(0, self.n_raters - self.n_rated_by - len(self.unfinished) - self.n_unnamed)

    @property
    def is_over(self) -> bool:
        """True where the result may be told."""
        return self.n_rated_by >= self.n_raters and not self.unfinished and not self.n_unnamed

    def as_values(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "n_raters": self.n_raters,
            "n_to_come": self.n_to_come,
            "unfinished": [{"rater": rater, "n_left": n_left} for rater, n_left in self.unfinished.items()],
            "n_unnamed": self.n_unnamed,
            "is_over": self.is_over,
        }


def find_awaited(
    review: ReviewRecord, sessions: Sequence[ReviewSession], ratings: Sequence[RatingRecord], *, moment: datetime
) -> AwaitedRaters:
    """Return who is still waited for: those who began, and those who were asked and did not begin."""
    named = _by_name(sessions, ratings)
    rated_in = {rating.session_id for rating in ratings}
    unfinished = {
        name: len(left)
        for key, (name, latest) in named.items()
        if (left := _left(review, key, sessions, ratings)) and not _is_given_up(latest, moment)
    }
    return AwaitedRaters(
        n_raters=int(review.request.get(N_RATERS) or 1),
        n_rated_by=_n_rated_by(review, ratings),
        unfinished=dict(sorted(unfinished.items())),
        n_unnamed=sum(
            session.rater is None
            and session.session_id not in rated_in
            and not _is_given_up(session.started_at, moment)
            for session in sessions
        ),
    )


def _by_name(sessions: Sequence[ReviewSession], ratings: Sequence[RatingRecord]) -> dict[str, tuple[str, datetime]]:
    """Return who said a name, in whatever capitals.

    The name as it stands with ratings, and when they last did something.
    """
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
    """Return the cases that nobody of that name rated, nor anybody in a sitting of theirs.

    A form may be signed otherwise.
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
