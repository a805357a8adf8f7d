"""Can people's ratings be given and read over HTTP on both databases, and are names hidden until all have rated?"""

from collections.abc import Iterator
from typing import Any

import pytest
from api_client import ApiClient
from reviewable import NAMES, fill, opened

from deployments.api.app import create_app
from evaluation.records.access import Scope
from evaluation.records.reviews import ReviewRecord
from evaluation.requests.review_request import CRITERIA
from evaluation.results.as_json import as_json
from evaluation.reviews.results import review_result
from evaluation.store.api_keys import create_key
from evaluation.store.audit import list_changes
from evaluation.store.ratings import load_ratings
from evaluation.store.reviews import list_sessions
from evaluation.store.session import KeptStore, keep_open, open_store

RATINGS = "/api/v1/ratings"


@pytest.fixture
def store(store_url: str) -> Iterator[KeptStore]:
    with open_store(store_url) as filled:
        fill(filled)
    store = keep_open(store_url)
    yield store
    store.close()


@pytest.fixture
def api(store: KeptStore) -> ApiClient:
    return ApiClient(create_app(store))


def graded(case: int, **grades: int) -> dict[str, Any]:
    """The same grade by every criterion for each letter."""
    return {"case": case, "grades": {letter: dict.fromkeys(CRITERIA, grade) for letter, grade in grades.items()}}


def rate(api: ApiClient, review: ReviewRecord, rater: str, *ratings: dict[str, Any], **options: Any) -> Any:
    path = f"/api/v1/reviews/{review.review_id}/ratings"
    return api.post(path, {"rater": rater, "ratings": list(ratings)}, **options)


def items(api: ApiClient, path: str = RATINGS, **query: object) -> list[dict[str, Any]]:
    answer = api.get(path, params=query)
    assert 200 == answer.status_code, answer.text
    listed: list[dict[str, Any]] = answer.json()["items"]
    return listed


def test_a_review_is_rated_case_by_case_and_told_at_its_end(api: ApiClient, store: KeptStore) -> None:
    review = opened(store, n_cases=2)
    path = f"/api/v1/reviews/{review.review_id}/cases"
    cases = items(api, path, rater="ana")

    first = rate(api, review, "ana", graded(1, A=4, B=2) | {"notes": "close"})
    left = items(api, path, rater=" ANA ")
    last = rate(api, review, "Ana", graded(2, A=1, B=5))

    assert [1, 2] == [case["case"] for case in cases]
    assert [output.answer for output in review.items[0].outputs] == [each["answer"] for each in cases[0]["answers"]]
    assert (200, "open") == (first.status_code, first.json()["status"])
    assert cases[1:] == left
    assert as_json(review_result(store, review.review_id)) == last.json()
    assert [{output.candidate for output in item.outputs} for item in review.items] == [
        set(rating["candidates"].values()) for rating in reversed(items(api))
    ]
    assert ["ana", "ana"] == [rating["rater"] for rating in items(api)]
    assert 1 == len(list_sessions(store, review.review_id))


def test_nothing_tells_a_name_before_everybody_has_rated(api: ApiClient, store: KeptStore) -> None:
    review = opened(store, n_cases=2, n_raters=2)
    answers = [rate(api, review, "ana", graded(1, A=4, B=2), graded(2, A=4, B=2))]

    answers += [
        api.get(f"/api/v1/reviews/{review.review_id}/cases"),
        api.get(f"/api/v1/reviews/{review.review_id}"),
        api.get(RATINGS),
        api.get(RATINGS, params={"rater": "ana"}),
        *(
            api.get(RATINGS, params={"rater": "ana", "candidate": output.candidate})
            for output in review.items[0].outputs
        ),
    ]

    assert [] == [(answer.url, name) for answer in answers for name in NAMES if name in answer.text.replace("%3A", ":")]
    assert [] == [answer.url for answer in answers for item in review.items if f'"{item.case_id}"' in answer.text]
    assert [0, 2, 0, 0] == [len(answer.json()["items"]) for answer in answers[3:]]
    assert {"A": dict.fromkeys(CRITERIA, 4), "B": dict.fromkeys(CRITERIA, 2)} == answers[4].json()["items"][0]["grades"]
    told = rate(api, review, "ben", graded(1, A=4, B=2), graded(2, A=4, B=2))
    assert set(NAMES) == {each["candidate"] for each in told.json()["candidates"]}
    assert 4 == len(items(api))


def test_a_preference_names_a_letter_or_a_tie(api: ApiClient, store: KeptStore) -> None:
    review = opened(store, n_cases=2, kind="preference")

    rate(api, review, "ana", {"case": 1, "better": "B"}, {"case": 2, "better": "tie"})

    assert [1, None] == [rating.said.preferred for rating in load_ratings(store, review.review_id)]
    assert ["tie", "B"] == [rating["better"] for rating in items(api)]
    assert [None, None] == [rating["grades"] for rating in items(api)]


def test_ratings_are_chosen_by_review_run_candidate_and_rater_and_paged(api: ApiClient, store: KeptStore) -> None:
    fill(store, run_id="other-run", names=("small:1b", "tiny:1b"))
    first, second = [opened(store, runs=[run_id], n_cases=3, kind="preference") for run_id in ("run-1", "other-run")]
    for review, rater in ((first, "ana"), (second, "ana"), (second, "ben")):
        rate(api, review, rater, *({"case": case, "better": "A"} for case in (1, 2, 3)))

    pages, cursor = [], None
    while True:
        page = api.get(RATINGS, params={"limit": 2} | ({} if cursor is None else {"cursor": cursor})).json()
        pages += page["items"]
        if (cursor := page["next"]) is None:
            break

    assert items(api) == pages
    assert 9 == len(pages)
    counts = [
        len(items(api, **query))
        for query in (
            {"review": first.review_id},
            {"run": "other"},
            {"run": "last"},
            {"run": "run-1", "review": second.review_id},
            {"candidate": "tiny:1b"},
            {"candidate": "small:1b", "rater": "BEN"},
            {"rater": "nobody"},
        )
    ]
    assert [3, 6, 6, 0, 6, 3, 0] == counts
    assert [{"case", "rater"}] * 9 == [set(each) for each in items(api, fields="case,rater")]


@pytest.mark.parametrize(
    ("ratings", "words"),
    [
        ([graded(4, A=1, B=1)], "has 3 cases, and there is no case 4"),
        ([graded(1, A=1, B=1), graded(1, A=2, B=2)], "case 1 is rated twice"),
        ([graded(1, A=1)], "has the answers A, B, and there are grades for A"),
        ([{"case": 1}], "has the answers A, B, and there are no grades"),
        ([{"case": 1, "better": "A"}], "and `better` is 'A'"),
        ([graded(1, A=1, B=6)], "must be at most 5"),
        ([{"case": 1, "grades": {"A": {"accuracy": True}, "B": {"accuracy": 1}}}], "must be a whole number"),
        ([{"case": 1, "grades": {"A": {"accuracy": 1}, "B": {"accuracy": 1}}}], "grades given for accuracy"),
        ([graded(1, A=2, B=2), graded(2, A=2)], "case 2 has the answers"),
    ],
)
def test_a_wrong_rating_is_refused_and_nothing_of_the_request_is_stored(
    api: ApiClient, store: KeptStore, ratings: list[dict[str, Any]], words: str
) -> None:
    review = opened(store, n_cases=3)

    answer = rate(api, review, "ana", *ratings)

    assert 422 == answer.status_code
    assert words in answer.json()["detail"]
    assert () == load_ratings(store, review.review_id)
    assert () == list_sessions(store, review.review_id), "nobody has begun, so nobody is waited for"


def test_an_unknown_review_and_a_preference_with_grades_are_refused(api: ApiClient, store: KeptStore) -> None:
    review = opened(store, n_cases=1, kind="preference")

    unknown = [
        api.get("/api/v1/reviews/nope/cases"),
        api.post("/api/v1/reviews/nope/ratings", {"ratings": [{"case": 1}]}),
    ]
    graded_too = rate(api, review, "ana", graded(1, A=1, B=1) | {"better": "A"})

    assert [404, 404] == [answer.status_code for answer in unknown]
    assert (422, True) == (graded_too.status_code, "asks which of two answers is better" in graded_too.text)


def test_the_same_request_is_done_once_and_each_change_is_audited_under_its_key(
    api: ApiClient, store: KeptStore
) -> None:
    review = opened(store, n_cases=1)
    key = create_key(store, name="cara", scopes=[Scope.RUN])[1]
    sent = {"headers": {"Idempotency-Key": "1", "Authorization": f"Bearer {key}"}}
    path = f"/api/v1/reviews/{review.review_id}/ratings"

    answers = [api.post(path, {"ratings": [graded(1, A=3, B=4)]}, **sent) for _ in range(2)]
    other = api.post(path, {"ratings": [graded(1, A=1, B=1)]}, **sent)

    assert answers[0].text == answers[1].text
    assert 422 == other.status_code
    (rating,) = load_ratings(store, review.review_id)
    assert ("cara", 3) == (rating.rater, (rating.said.grades or ({},))[0]["accuracy"])
    assert {("cara", "POST", path)} == {(each.key_name, each.method, each.path) for each in list_changes(store)}


def test_who_rates_again_replaces_what_was_said(api: ApiClient, store: KeptStore) -> None:
    review = opened(store, n_cases=1)

    for grade in (1, 5):
        rate(api, review, "ana", graded(1, A=grade, B=3))

    assert [5] == [rating["grades"]["A"]["accuracy"] for rating in items(api)]
