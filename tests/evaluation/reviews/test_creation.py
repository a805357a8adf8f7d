"""A review is made once of a question, and shows answers without saying whose they are."""

from collections import Counter

import pytest
import sqlalchemy as sa
from reviewable import NAMES, candidate, fill, opened
from stored_runs import answer, asked, numbers, store_run

from evaluation.case import Message
from evaluation.errors import BenchwrightError, ConfigurationError, FailureKind, IncomparableError, UnknownNameError
from evaluation.generation import Failure, PromptState, Timing
from evaluation.requests.review_request import ReviewRequest, read_review_request
from evaluation.reviews.creation import open_review
from evaluation.store.reviews import list_reviews
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import generation


def test_the_same_question_is_the_same_review_whoever_asks(store: Store) -> None:
    fill(store)
    first = opened(store, rater="ana", wait_days=2)
    again = opened(store, rater="ben", cases_per_form=1)
    other = opened(store, seed=1)

    assert first == again
    assert first.review_id != other.review_id
    assert 2 == len(list_reviews(store))


def test_each_case_shows_every_candidate_in_an_order_of_its_own(store: Store) -> None:
    fill(store, n=40)
    review = opened(store, n_cases=40)

    assert {frozenset(NAMES)} == {frozenset(output.candidate for output in item.outputs) for item in review.items}
    first = Counter(item.outputs[0].candidate for item in review.items)
    assert 10 <= first[NAMES[0]] <= 30
    assert list(range(40)) == [item.position for item in review.items]


def test_answers_questions_and_references_are_kept_with_it(store: Store) -> None:
    fill(store)
    item = opened(store).items[0]
    number = item.case_id.removeprefix("c")

    assert (Message(role="user", content=f"What is {number}?"),) == item.question.messages
    assert (number,) == item.question.references
    assert {0.42, 3.42} == {output.total_s for output in item.outputs}
    assert all(output.answer in (number, f"no idea of {number}") for output in item.outputs)


def test_references_are_left_out_where_that_is_asked_for(store: Store) -> None:
    fill(store)

    assert [()] * 10 == [item.question.references for item in opened(store, show_references=False).items]


def test_answers_that_were_reused_have_no_time(store: Store) -> None:
    cases = numbers(3)
    old = {case.case_id: answer("x", reused=True, timing=Timing(total_s=9.0)) for case in cases}
    store_run(store, asked("a:1b", old), candidate("b:1b", cases, [0]), cases=cases)

    times = {output.candidate: output.total_s for item in opened(store).items for output in item.outputs}
    assert {"a:1b": None, "b:1b": 1.5} == times


def test_a_case_on_which_a_server_failed_is_shown_with_the_others_or_not_at_all(store: Store) -> None:
    cases = numbers(3)
    failed = {cases[0].case_id: Failure(kind=FailureKind.TIMED_OUT, message="late")}
    full = candidate("b:1b", cases, [0, 1, 2])
    store_run(store, asked("a:1b", {**candidate("a:1b", cases, []).outcomes, **failed}), full, cases=cases)

    assert {"c1", "c2"} == {item.case_id for item in opened(store).items}


def test_one_candidate_alone_can_be_graded_and_two_runs_can_be_held_against_each_other(store: Store) -> None:
    fill(store, names=NAMES[:1])
    fill(store, run_id="run-2", names=NAMES[:1])

    assert {1} == {len(item.outputs) for item in opened(store).items}
    both = opened(store, runs=["run-1", "run-2"], kind="preference")
    assert {("small:1b in run run-1", "small:1b in run run-2")} == {
        tuple(sorted(output.candidate for output in item.outputs)) for item in both.items
    }


def test_without_scores_wordings_decide(store: Store) -> None:
    fill(store, scored=False)
    review = opened(store, n_cases=4, control_share=0, flip_share=0)

    assert {"2 different answers"} == {item.why for item in review.items}


def test_no_run_named_means_the_newest_of_the_benchmark(store: Store) -> None:
    fill(store)

    assert ("run-1",) == open_review(store, ReviewRequest(benchmark="numbers")).run_ids
    assert ("run-1",) == open_review(store, ReviewRequest()).run_ids


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"runs": ["nope"]}, UnknownNameError, "unknown run 'nope'"),
        ({"review": "nope"}, UnknownNameError, "unknown review 'nope'"),
        ({"runs": [], "benchmark": "nope"}, ConfigurationError, "no run of benchmark 'nope'"),
        ({"benchmark": "nope"}, IncomparableError, "run run-1 asked 'numbers', not 'nope'"),
        ({"candidates": ["nope"]}, UnknownNameError, "unknown side 'nope'"),
        ({"candidates": ["small:1b"], "kind": "preference"}, ConfigurationError, "there is only 'small:1b'"),
    ],
)
def test_what_cannot_be_reviewed_is_said(
    store: Store, given: dict[str, object], kind: type[BenchwrightError], words: str
) -> None:
    fill(store)

    with pytest.raises(kind, match=words):
        opened(store, **given)


def test_an_unknown_candidate_is_told_by_the_option_of_a_review(store: Store) -> None:
    fill(store)

    with pytest.raises(UnknownNameError) as refused:
        opened(store, candidates=["nope"])
    assert "Give --candidate one of these names." == refused.value.next_step


def test_a_candidate_of_two_runs_is_told_by_the_option_of_a_review(store: Store) -> None:
    fill(store)
    fill(store, run_id="run-2")

    with pytest.raises(ConfigurationError, match="--candidate 'small:1b' matches several sides"):
        opened(store, runs=["run-1", "run-2"], candidates=["small:1b"])


def test_nothing_answered_is_nothing_to_show(store: Store) -> None:
    store_run(store, asked("a:1b"), asked("b:1b"), cases=numbers(2))

    with pytest.raises(ConfigurationError, match="no case to review"):
        opened(store)


def test_a_request_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ConfigurationError, match="n_cases must be at least 1"):
        read_review_request({"n_cases": 0})
    with pytest.raises(ConfigurationError, match="add up to more than 1"):
        read_review_request({"flip_share": 0.7, "control_share": 0.7})
    assert ["accuracy", "speed"] == read_review_request({"criteria": ["speed", "accuracy", "speed"]}).criteria


def test_of_three_candidates_a_preference_shows_two_and_grades_show_all(store: Store) -> None:
    cases = numbers(12)
    names = ("a:1b", "b:1b", "c:1b")
    store_run(store, *(candidate(name, cases, range(place, 12, 2)) for place, name in enumerate(names)), cases=cases)
    preference = opened(store, n_cases=12, kind="preference")

    met = Counter(tuple(sorted(output.candidate for output in item.outputs)) for item in preference.items)
    assert {("a:1b", "b:1b"): 4, ("a:1b", "c:1b"): 4, ("b:1b", "c:1b"): 4} == met
    assert {3} == {len(item.outputs) for item in opened(store, n_cases=12).items}


def test_a_case_that_changed_between_two_runs_of_a_model_is_a_flip(store: Store) -> None:
    cases = numbers(8)
    for run_id, right in (("run-1", range(8)), ("run-2", range(6))):
        store_run(store, candidate("a:1b", cases, right), candidate("b:1b", cases, []), cases=cases, run_id=run_id)
    review = opened(store, runs=["run-1", "run-2"], n_cases=2, flip_share=1, control_share=0)

    assert {("c6", "flip"), ("c7", "flip")} == {(item.case_id, item.reason) for item in review.items}
    assert {"a model's value changed between runs"} == {item.why for item in review.items}


@pytest.mark.parametrize(
    ("states", "is_timed"),
    [
        ((PromptState.FRESH, PromptState.FRESH), True),
        ((PromptState.CACHED, PromptState.CACHED), True),
        ((PromptState.FRESH, PromptState.CACHED), False),
        ((PromptState.UNKNOWN, PromptState.UNKNOWN), False),
        ((None, None), True),
    ],
)
def test_speed_is_graded_only_where_servers_had_kept_as_much_of_the_prompt(
    store: Store, states: tuple[PromptState | None, PromptState | None], is_timed: bool
) -> None:
    cases = numbers(4)
    both = (candidate(name, cases, range(4)) for name in ("a:1b", "b:1b"))
    store_run(store, *both, cases=cases)
    for found, state in zip(find_run(store, "run-1").candidates, states, strict=True):
        with store.write() as connection:
            same = generation.c.run_candidate_id == found.run_candidate_id
            connection.execute(sa.update(generation).where(same).values(prompt_state=state))

    for item in opened(store, n_cases=4).items:
        assert [is_timed] * 2 == [output.total_s is not None for output in item.outputs]
