"""Ratings that name answers by their letters, as programs send them: read, validated, and stored."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.errors import ConfigurationError
from evaluation.formatting import counted
from evaluation.records.reviews import ReviewItem, ReviewRecord, Said
from evaluation.results.reviews import BlindedCase
from evaluation.reviews.blinded_cases import blinded_case, letter
from evaluation.reviews.rating_checks import checked, checked_rater
from evaluation.store.ratings import rated_items, save_ratings
from evaluation.store.reviews import begin_session, find_review
from evaluation.store.session import Store

TIE = "tie"
PLACE = "http"
"""Where such a session takes place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetteredRating:
    """One person's rating of a case: grades by letter and criterion, or the letter of the better answer."""

    case: int
    """Its place in the review, from 1 on."""
    grades: Mapping[str, Mapping[str, int]] | None = None
    better: str | None = None
    """A letter, or `tie`."""
    notes: str = ""


def store_lettered(store: Store, review_id: str, *, rater: str, ratings: Sequence[LetteredRating]) -> ReviewRecord:
    """Store ratings of a review, all or none, and return the review.

    What the rater said before of the same case is replaced.

    Args:
        store: The store.
        review_id: Id of the review, a prefix of one, or `last`.
        rater: Who rates.
        ratings: The ratings.

    Raises:
        UnknownNameError: no such review.
        ConfigurationError: a rating that the review does not ask for.
    """
    review, name = find_review(store, review_id), checked_rater(rater)
    judgements = checked(review, _judgements(review, ratings))
    session_id = session_of(review, name)
    begin_session(store, session_id=session_id, review_id=review.review_id, place=PLACE, rater=name)
    save_ratings(store, session_id=session_id, rater=name, ratings=judgements)
    return review


def cases_to_rate(store: Store, review_id: str, *, rater: str | None = None) -> tuple[BlindedCase, ...]:
    """Return the cases of a review as raters see them; with a rater, those that this person has not rated.

    Raises:
        UnknownNameError: no such review.
        ConfigurationError: the rater's name is none.
    """
    review = find_review(store, review_id)
    name = None if rater is None else checked_rater(rater)
    done = frozenset() if name is None else rated_items(store, review.review_id, session_id=None, rater=name)
    return tuple(blinded_case(review, item) for item in review.items if item.item_id not in done)


def session_of(review: ReviewRecord, rater: str) -> str:
    """Return the id of a rater's session, the same for each request: whoever sends one case at a time began once."""
    text = f"{review.review_id}\0{rater.casefold()}"
    return f"{PLACE}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _judgements(review: ReviewRecord, ratings: Sequence[LetteredRating]) -> list[Said]:
    numbers = [rating.case for rating in ratings]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"case {twice} is rated twice in one request", "Send one rating for each case.")
    return [_read(review, rating) for rating in ratings]


def item_at(review: ReviewRecord, case: int) -> ReviewItem:
    """Return the case at a place in the review, from 1 on.

    Raises:
        ConfigurationError: there is none.
    """
    n_cases = len(review.items)
    if not 1 <= case <= n_cases:
        raise ConfigurationError(
            f"review {review.review_id} has {counted(n_cases, 'case')}, and there is no case {case}",
            f"Name one from 1 to {n_cases}.",
        )
    return review.items[case - 1]


def _read(review: ReviewRecord, rating: LetteredRating) -> Said:
    item = item_at(review, rating.case)
    letters = [letter(position) for position in range(len(item.outputs))]
    if review.criteria:
        return _grades(item, rating, letters)
    if rating.grades is not None or rating.better not in (*letters, TIE):
        raise ConfigurationError(
            f"case {rating.case} asks which of two answers is better; `better` is {rating.better!r}"
            + (", and there are grades" if rating.grades is not None else ""),
            f"Send `better` alone: {', '.join(letters)} or {TIE}.",
        )
    preferred = None if rating.better == TIE else letters.index(str(rating.better))
    return Said(item_id=item.item_id, preferred=preferred, notes=rating.notes.strip())


def _grades(item: ReviewItem, rating: LetteredRating, letters: Sequence[str]) -> Said:
    grades = rating.grades
    if rating.better is not None or grades is None or set(grades) != set(letters):
        words = "no grades" if not grades else f"grades for {', '.join(sorted(grades))}"
        raise ConfigurationError(
            f"case {rating.case} has the answers {', '.join(letters)}, and there are {words}"
            + ("" if rating.better is None else f", and `better` is {rating.better!r}"),
            "Send `grades` alone, for each of these letters.",
        )
    return Said(item_id=item.item_id, grades=tuple(grades[each] for each in letters), notes=rating.notes.strip())
