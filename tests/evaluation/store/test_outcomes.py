from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from stored_rows import save_outcomes

from evaluation.errors import FailureKind, StoreError
from evaluation.generation import Failure, Generation
from evaluation.passage import Passage
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import Trace
from evaluation.store.outcomes import (
    count_outcomes,
    iterate_outcomes,
    load_outcomes,
)
from evaluation.store.session import Store

MakeRow = Callable[..., OutcomeRow]
MakeAnswer = Callable[[str], Generation]
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="no answer", n_attempts=8, seed=5, total_s=2.5)
BAD = Failure(kind=FailureKind.BAD_OPTION, message="no such option")
EMPTY = Generation(text=" ", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="nothing came")


def test_an_answer_comes_back_as_it_went_in(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    passage = Passage(document="a.md", position=2, page=1, text="words \x00 \ud83d", relevance=0.25)
    plain = make_row(run_candidate_id)
    outcome = replace(plain.outcome, sources=(passage,))
    row = replace(plain, outcome=outcome, trace=Trace(confidence=0.75, notes={"samples": 4}))
    save_outcomes(store, [row])
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert row == stored.row


@pytest.mark.parametrize("outcome", [DOWN, BAD, EMPTY])
def test_a_failure_comes_back_as_it_went_in(
    store: Store, run_candidate_id: int, make_row: MakeRow, outcome: Failure | Generation
) -> None:
    save_outcomes(store, [make_row(run_candidate_id, outcome=outcome)])
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert outcome == stored.row.outcome


@pytest.mark.parametrize(
    "text", ["a\x00b", "\x00", "half \ud83d pair", "\udfff", "\x1a", "\x1a0000", "\x1a\x00\x1a", "😀 \n\t\u2028", ""]
)
def test_text_of_any_content_comes_back_as_it_went_in(
    store: Store, run_candidate_id: int, make_row: MakeRow, make_answer: MakeAnswer, text: str
) -> None:
    save_outcomes(store, [make_row(run_candidate_id, outcome=make_answer(text))])
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert make_answer(text) == stored.row.outcome


def test_a_failure_of_the_servers_is_replaced_by_what_comes_later(
    store: Store, run_candidate_id: int, make_row: MakeRow, make_answer: MakeAnswer
) -> None:
    save_outcomes(store, [make_row(run_candidate_id, outcome=DOWN)])
    save_outcomes(store, [make_row(run_candidate_id, outcome=BAD)])
    save_outcomes(store, [make_row(run_candidate_id, outcome=make_answer("late"))])
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert make_answer("late") == stored.row.outcome


@pytest.mark.parametrize("first", ["answer", "own failure"])
def test_an_answer_or_own_failure_is_never_replaced(
    store: Store, run_candidate_id: int, make_row: MakeRow, make_answer: MakeAnswer, first: str
) -> None:
    kept = make_answer("first") if first == "answer" else EMPTY
    save_outcomes(store, [make_row(run_candidate_id, outcome=kept)])
    save_outcomes(store, [make_row(run_candidate_id, outcome=make_answer("second"))])
    save_outcomes(store, [make_row(run_candidate_id, outcome=DOWN)])
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert kept == stored.row.outcome


def test_outcomes_are_found_by_more_case_ids_than_one_query_can_name(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    names = [f"case-{number}" for number in range(1201)]
    save_outcomes(store, [make_row(run_candidate_id, name) for name in names[:1200]])
    assert names[:1200] == [stored.row.case_id for stored in load_outcomes(store, run_candidate_id, names)]


def test_counts_keep_the_servers_failures_apart_from_the_candidates_own(
    store: Store, run_candidate_id: int, plan_candidate: Callable[..., int], make_row: MakeRow
) -> None:
    other = plan_candidate(model="other:1b")
    save_outcomes(
        store,
        [
            make_row(run_candidate_id, "case-0"),
            make_row(run_candidate_id, "case-1", EMPTY),
            make_row(run_candidate_id, "case-2", DOWN),
            make_row(run_candidate_id, "case-3", BAD),
        ],
    )
    first, second = count_outcomes(store, "run-1")
    assert (run_candidate_id, 1, 2, 1) == (first.run_candidate_id, first.n_ok, first.n_failed, first.n_own_failed)
    assert {FailureKind.SERVER_DOWN: 1, FailureKind.BAD_OPTION: 1} == first.failures
    assert {FailureKind.EMPTY_ANSWER: 1} == first.own_failures
    assert (other, 0, 0, 0) == (second.run_candidate_id, second.n_ok, second.n_failed, second.n_own_failed)


def test_outcomes_are_read_in_pages(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    save_outcomes(store, [make_row(run_candidate_id, f"case-{number}") for number in range(5)])
    pages = [[stored.row.case_id for stored in page] for page in iterate_outcomes(store, run_candidate_id, batch=2)]
    assert [["case-0", "case-1"], ["case-2", "case-3"], ["case-4"]] == pages


def test_a_time_without_its_zone_is_refused(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    naive = replace(make_row(run_candidate_id), finished_at=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        save_outcomes(store, [naive])


def test_an_outcome_of_an_unknown_run_is_refused(store: Store, make_row: MakeRow) -> None:
    with pytest.raises(StoreError, match="rejected a row whose parent row is missing"):
        save_outcomes(store, [make_row(404)])


def test_no_outcomes_are_no_work(store: Store, run_candidate_id: int) -> None:
    save_outcomes(store, [])
    assert () == load_outcomes(store, run_candidate_id, [])
    assert [] == list(iterate_outcomes(store, run_candidate_id))
