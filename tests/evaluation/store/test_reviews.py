"""Reviews, sessions and ratings are stored once, and read as they were."""

import pytest

from evaluation.case import Message
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.reviews import ReviewItem, ReviewQuestion, ReviewRecord, Said, ShownOutput
from evaluation.store.ratings import load_ratings, rated_items, save_ratings
from evaluation.store.reviews import (
    begin_session,
    find_review,
    find_session,
    forget_session,
    has_review,
    list_reviews,
    list_sessions,
    save_review,
)
from evaluation.store.session import Store


def item(position: int) -> ReviewItem:
    outputs = tuple(
        ShownOutput(
            candidate=name, run_id="run-1", generation_id=10 * position + place, answer=f"{name}\x00é", total_s=1.5
        )
        for place, name in enumerate(("a:1b", "b:1b"))
    )
    return ReviewItem(
        position=position,
        case_id=f"c{position}",
        cluster=None,
        reason="control",
        why="drawn",
        question=ReviewQuestion(messages=(Message(role="user", content="?"),), references=()),
        outputs=outputs,
    )


def saved(store: Store, review_id: str = "abc123", *, n: int = 2, kind: str = "grades") -> ReviewRecord:
    return save_review(
        store,
        review_id=review_id,
        benchmark=("version", "numbers"),
        kind=kind,
        criteria=["accuracy"],
        run_ids=["run-1"],
        headline="ExactMatch()|v1",
        request={"seed": 3},
        code_version="0.1.0",
        items=[item(position) for position in range(n)],
    )


def test_a_review_comes_back_as_it_was(store: Store) -> None:
    review = saved(store)

    assert ("numbers", ("accuracy",), ("run-1",), 3, 1) == (
        review.benchmark_name,
        review.criteria,
        review.run_ids,
        review.seed,
        review.n_raters,
    )
    assert [item(0).outputs, item(1).outputs] == [one.outputs for one in review.items]
    assert review == find_review(store, "abc") == find_review(store, "last")


def test_a_review_that_stands_is_not_made_again(store: Store) -> None:
    assert saved(store) == saved(store, n=5)
    assert 2 == len(saved(store).items)


def test_a_review_is_found_by_an_unambiguous_beginning(store: Store) -> None:
    saved(store)
    saved(store, "abd")

    assert (True, False) == (has_review(store, "abd"), has_review(store, "ab"))
    with pytest.raises(ConfigurationError, match="several reviews begin with 'ab'"):
        find_review(store, "ab")
    for wanted in ("x", ""):
        with pytest.raises(UnknownNameError, match="unknown review"):
            find_review(store, wanted)


def test_a_session_is_begun_once(store: Store) -> None:
    saved(store)
    saved(store, "other")
    first = begin_session(store, session_id="flow", review_id="abc123", place="prefect", rater="ana")

    assert first == begin_session(store, session_id="flow", review_id="other", place="prefect")
    assert first == find_session(store, "flow")
    assert find_session(store, "none") is None


def test_a_rating_given_again_replaces_what_the_same_rater_said(store: Store) -> None:
    review = saved(store)
    begin_session(store, session_id="s", review_id="abc123", place="terminal")
    begin_session(store, session_id="t", review_id="abc123", place="terminal")
    first, second = (one.item_id for one in review.items)
    given = Said(item_id=first, grades=({"accuracy": 4}, {"accuracy": 2}), notes="so")
    assert "ana" == save_ratings(store, session_id="s", rater="ana", ratings=[given, Said(item_id=second)])
    assert "ben" == save_ratings(store, session_id="s", rater="ben", ratings=[given])
    changed = Said(item_id=first, grades=({"accuracy": 5}, {"accuracy": 1}))
    assert "ana" == save_ratings(store, session_id="t", rater="Ana", ratings=[changed])

    found = load_ratings(store, "abc123")
    assert [("ben", given), ("ana", changed), ("ana", Said(item_id=second))] == [(one.rater, one.said) for one in found]
    assert frozenset({first}) == rated_items(store, "abc123", session_id="t", rater=None)
    assert frozenset({first, second}) == rated_items(store, "abc123", session_id=None, rater="ANA")
    assert "zoe" == save_ratings(store, session_id="t", rater="zoe", ratings=[])


def test_reviews_are_listed_with_who_rated_how_much(store: Store) -> None:
    review = saved(store)
    saved(store, "empty", n=1)
    begin_session(store, session_id="s", review_id="abc123", place="terminal")
    said = [Said(item_id=one.item_id, preferred=1) for one in review.items]
    save_ratings(store, session_id="s", rater="ana", ratings=said)
    save_ratings(store, session_id="s", rater="ben", ratings=said[:1])

    empty, full = list_reviews(store)
    assert ("empty", 1, 0, (), None) == (empty.review_id, empty.n_items, empty.n_rated, empty.raters, empty.rated_at)
    assert ("abc123", 2, 2, ("ana", "ben")) == (full.review_id, full.n_items, full.n_rated, full.raters)
    assert load_ratings(store, "abc123")[-1].rated_at <= (full.rated_at or review.created_at)


def test_a_session_is_forgotten_unless_something_was_rated_in_it(store: Store) -> None:
    review = saved(store)
    for session_id in ("first", "second"):
        begin_session(store, session_id=session_id, review_id=review.review_id, place="prefect")
    said = Said(item_id=review.items[0].item_id, grades=({"accuracy": 4}, {"accuracy": 2}))
    save_ratings(store, session_id="first", rater="ana", ratings=[said])
    for session_id in ("first", "second", "nobody's"):
        forget_session(store, session_id)

    assert ["first"] == [one.session_id for one in list_sessions(store, review.review_id)]
    assert ["ana"] == [one.rater for one in load_ratings(store, review.review_id)]
