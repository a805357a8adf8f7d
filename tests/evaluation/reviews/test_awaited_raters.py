"""The candidates are revealed when all have rated who were asked, or who began."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reviewable import NAMES, fill, graded, opened

from evaluation.errors import ConfigurationError
from evaluation.records.reviews import ReviewRecord
from evaluation.reports.reviews.blinded import awaited_words, blinded_as_markdown, without_names
from evaluation.requests.review_request import read_review_request
from evaluation.results.reviews import AwaitedRaters, UnfinishedRater
from evaluation.reviews.awaited_raters import find_awaited
from evaluation.reviews.results import review_result
from evaluation.store.ratings import load_ratings, save_ratings
from evaluation.store.reviews import begin_session, list_sessions
from evaluation.store.session import Store


def begun(store: Store, review: ReviewRecord, session_id: str, rater: str | None = None) -> None:
    begin_session(store, session_id=session_id, review_id=review.review_id, place="prefect", rater=rater)


def rate(store: Store, review: ReviewRecord, rater: str, *positions: int, session_id: str | None = None) -> None:
    begun(store, review, session_id or rater)
    said = [graded(review.items[position], small=4, large=2) for position in positions]
    save_ratings(store, session_id=session_id or rater, rater=rater, ratings=said)


def awaited(store: Store, review: ReviewRecord, *, later: timedelta = timedelta(0)) -> AwaitedRaters:
    sessions, ratings = list_sessions(store, review.review_id), load_ratings(store, review.review_id)
    return find_awaited(review, sessions, ratings, moment=datetime.now(UTC) + later)


def unfinished(store: Store, review: ReviewRecord, *, later: timedelta = timedelta(0)) -> dict[str, int]:
    return {person.rater: person.n_left for person in awaited(store, review, later=later).unfinished}


def test_one_person_alone_is_told_after_the_last_case(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2)
    assert (False, 1) == (awaited(store, review).is_over, awaited(store, review).n_to_come)
    rate(store, review, "ana", 0)
    assert (False, {"ana": 1}) == (awaited(store, review).is_over, unfinished(store, review))
    rate(store, review, "ana", 1)

    assert awaited(store, review).is_over


def test_who_was_asked_and_did_not_begin_is_waited_for(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2, n_raters=2)
    rate(store, review, "ana", 0, 1)
    assert (False, 1) == (awaited(store, review).is_over, awaited(store, review).n_to_come)
    rate(store, review, "ben", 0, 1)

    assert awaited(store, review).is_over


def test_who_began_without_being_asked_is_waited_for_too(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2)
    begun(store, review, "a-flow-run")
    rate(store, review, "ana", 0, 1)
    assert (False, 1) == (awaited(store, review).is_over, awaited(store, review).n_unnamed)
    rate(store, review, "ben", 0, session_id="a-flow-run")
    assert (False, {"ben": 1}, 0) == (
        awaited(store, review).is_over,
        unfinished(store, review),
        awaited(store, review).n_unnamed,
    )
    rate(store, review, "Ben", 1, session_id="another")

    assert awaited(store, review).is_over


def test_who_gave_a_name_and_has_rated_all_before_keeps_nobody_waiting(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2)
    rate(store, review, "ana", 0, 1)
    begun(store, review, "again", "ANA")
    assert awaited(store, review).is_over
    begun(store, review, "other", "ben")

    assert {"ben": 2} == unfinished(store, review)


def test_a_form_that_is_signed_by_another_name_than_the_one_before_is_finished_all_the_same(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2)
    rate(store, review, "ana", 0, session_id="one")
    rate(store, review, "ana b", 1, session_id="one")

    assert awaited(store, review).is_over


def test_who_does_nothing_for_a_month_is_waited_for_no_longer_but_who_was_asked_is(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2)
    rate(store, review, "ana", 0, 1)
    rate(store, review, "ben", 0)
    begun(store, review, "somebody")
    assert {"ben": 1} == unfinished(store, review, later=timedelta(days=29))
    assert awaited(store, review, later=timedelta(days=31)).is_over

    opened(store, n_cases=2, n_raters=3)
    review = opened(store, n_cases=2)
    assert (False, 2) == (
        awaited(store, review, later=timedelta(days=31)).is_over,
        awaited(store, review, later=timedelta(days=31)).n_to_come,
    )


def test_how_many_rate_is_kept_with_the_review_and_makes_no_other_one(store: Store) -> None:
    fill(store)
    plain, asked = opened(store, n_cases=2), opened(store, n_cases=2, n_raters=3)
    again, fewer = opened(store, n_cases=2), opened(store, n_cases=2, n_raters=1)

    assert 1 == len({one.review_id for one in (plain, asked, again, fewer)})
    assert [1, 3, 3, 1] == [one.n_raters for one in (plain, asked, again, fewer)]
    assert plain.items == fewer.items


def test_until_then_how_far_it_is_and_no_name_of_a_candidate(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2, n_raters=4)
    rate(store, review, "ana", 0, 1)
    rate(store, review, "<b>eve</b> [x](http://e)", 0)
    begun(store, review, "somebody")
    result = review_result(store, review.review_id)
    shown, page = without_names(result), blinded_as_markdown(result)

    assert (
        f"2 of 2 cases of review {review.review_id} are rated, by <b>eve</b> [x](http://e) (1 case) and ana (2 cases). "
        "The candidates are revealed when <b>eve</b> [x](http://e) has rated the 1 case left to them, one who "
        "started without giving a name has rated and one more has rated."
    ) == shown.sentence
    assert not [name for name in NAMES if name in str(shown) + page]
    assert not [raw for raw in ("<b>", "](http", "http://") if raw in page]
    assert f"benchwright review show {review.review_id} --unblind" in page


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        ({"n_to_come": 2}, "2 more have rated"),
        ({"n_unnamed": 2}, "2 who started without giving a name have rated"),
        ({"unfinished": (UnfinishedRater(rater="ben", n_left=3),)}, "ben has rated the 3 cases left to them"),
    ],
)
def test_who_is_waited_for_is_said_in_words(waits: dict[str, Any], words: str) -> None:
    nobody = AwaitedRaters(n_raters=1, n_to_come=0, unfinished=(), n_unnamed=0, is_over=False)

    assert words == awaited_words(replace(nobody, **waits))


def test_a_result_is_told_now_of_a_review_that_is_named(store: Store) -> None:
    with pytest.raises(ConfigurationError, match="give the review"):
        read_review_request({"unblind": True})
    assert read_review_request({"unblind": True, "review": "last"}).unblind
