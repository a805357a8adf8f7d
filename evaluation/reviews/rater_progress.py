"""How far one rater of a review is, and what that rater may still do: begin, take back, leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from evaluation.errors import ConfigurationError
from evaluation.records.reviews import RatingRecord, ReviewItem, ReviewRecord, Said
from evaluation.reviews.awaited_raters import find_awaited
from evaluation.reviews.lettered_ratings import PLACE, item_at, session_of
from evaluation.reviews.rating_checks import checked_rater
from evaluation.store.ratings import load_ratings, remove_rating
from evaluation.store.reviews import begin_session, find_review, forget_session, list_sessions
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterProgress:
    """What one person has rated of a review."""

    review: ReviewRecord
    rater: str
    """The name as it is stored, or as it was given."""
    has_begun: bool
    is_over: bool
    """Nobody is waited for: the candidates are told."""
    own: tuple[RatingRecord, ...]
    """This person's ratings, the oldest first."""

    @property
    def n_rated(self) -> int:
        """Number of cases that this person rated."""
        return len(self.own)

    @property
    def left(self) -> tuple[ReviewItem, ...]:
        """Cases that this person has not rated, in the order of the review."""
        rated = {rating.said.item_id for rating in self.own}
        return tuple(item for item in self.review.items if item.item_id not in rated)

    @property
    def latest(self) -> int | None:
        """Place of the case that this person rated last, from 1 on; None: none is rated."""
        if not self.own:
            return None
        return next(item.position + 1 for item in self.review.items if item.item_id == self.own[-1].said.item_id)

    def next_case(self, after: int = 0) -> ReviewItem | None:
        """Return the next case that is not rated, beginning anew at the end; None: all are rated.

        Args:
            after: Place of the case behind which it is looked for.
        """
        left = self.left
        return next((item for item in left if item.position >= after), left[0] if left else None)

    def rating_of(self, item: ReviewItem) -> Said | None:
        """Return what this person said of a case; None: nothing yet."""
        return next((rating.said for rating in self.own if rating.said.item_id == item.item_id), None)


def rater_progress(store: Store, review_id: str, rater: str) -> RaterProgress:
    """Return how far a rater is.

    Raises:
        UnknownNameError: no such review.
        ConfigurationError: the name is none.
    """
    review, name = find_review(store, review_id), checked_rater(rater)
    sessions, ratings = list_sessions(store, review.review_id), load_ratings(store, review.review_id)
    own = _own(ratings, name)
    began = [session.rater for session in sessions if session.rater and session.rater.casefold() == name.casefold()]
    return RaterProgress(
        review=review,
        rater=own[0].rater if own else next(iter(began), name),
        has_begun=bool(own or began),
        is_over=find_awaited(review, sessions, ratings, moment=datetime.now(UTC)).is_over,
        own=own,
    )


def begin_rating(store: Store, review_id: str, rater: str) -> ReviewRecord:
    """Begin to rate: this person is waited for from now on.

    Raises:
        UnknownNameError: no such review.
        ConfigurationError: the name is none.
    """
    progress = rater_progress(store, review_id, rater)
    if not progress.has_begun:
        _begin(store, progress)
    return progress.review


def take_back(store: Store, review_id: str, rater: str, case: int) -> None:
    """Remove what a rater said of a case. The rater is waited for again.

    Raises:
        ConfigurationError: no such case, or the candidates are told already.
    """
    progress = rater_progress(store, review_id, rater)
    item = item_at(progress.review, case)
    refuse_change(progress, item)
    # Stored before the rating goes: without it, nobody would be waited for who took the only rating back.
    _begin(store, progress)
    remove_rating(store, item_id=item.item_id, rater=progress.rater)


def leave_review(store: Store, review_id: str, rater: str) -> None:
    """Stop waiting for a rater who has rated nothing.

    Raises:
        ConfigurationError: this person has rated cases, which stay.
    """
    progress = rater_progress(store, review_id, rater)
    if progress.own:
        raise ConfigurationError(
            f"{progress.rater!r} has rated {progress.n_rated} cases of review {progress.review.review_id}",
            "Take these ratings back first, or rate the others.",
        )
    forget_session(store, session_of(progress.review, progress.rater))


def refuse_change(progress: RaterProgress, item: ReviewItem) -> None:
    """Let a rating be changed only while nobody can know whose the answers are.

    Raises:
        ConfigurationError: the review is over, and this case is rated.
    """
    if progress.is_over and progress.rating_of(item) is not None:
        raise ConfigurationError(
            f"review {progress.review.review_id} is over, and its candidates are told: your rating of case "
            f"{item.position + 1} stays",
            "Another --seed makes another review.",
        )


def _begin(store: Store, progress: RaterProgress) -> None:
    review = progress.review
    session_id = session_of(review, progress.rater)
    begin_session(store, session_id=session_id, review_id=review.review_id, place=PLACE, rater=progress.rater)


def _own(ratings: Sequence[RatingRecord], rater: str) -> tuple[RatingRecord, ...]:
    own = [rating for rating in ratings if rating.rater.casefold() == rater.casefold()]
    return tuple(sorted(own, key=lambda rating: rating.rated_at))
