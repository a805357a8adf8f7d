from collections.abc import Callable
from datetime import timedelta

import pytest
from stored_rows import save_outcomes

from evaluation.case import Benchmark, Case
from evaluation.errors import FailureKind, StoreError
from evaluation.generation import Failure, Generation
from evaluation.records.outcomes import MissingPage, OutcomeRow
from evaluation.records.runs import RunPlan
from evaluation.requests.run_share import Share
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.missing import count_failures_since, count_missing, is_missing, missing_page
from evaluation.store.plans import create_invocation, create_run
from evaluation.store.session import Store

MakeRow = Callable[..., OutcomeRow]
PlanCandidate = Callable[..., int]
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="no answer")
BAD = Failure(kind=FailureKind.BAD_OPTION, message="no such option")
EMPTY = Generation(text=" ", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="nothing came")


def test_missing_is_what_has_no_outcome_or_a_failure_of_the_servers(
    store: Store, plan_run: Callable[..., RunPlan], plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    plan_run(n_repeats=2)
    row_id = plan_candidate()
    save_outcomes(
        store,
        [
            make_row(row_id, "case-2"),
            make_row(row_id, "case-0", EMPTY),
            make_row(row_id, "case-1", DOWN),
            make_row(row_id, "case-1", BAD, repeat=1),
        ],
    )
    again = (("case-0", 1), ("case-1", 0), ("case-1", 1), ("case-2", 1))
    assert MissingPage(items=again, last_position=None) == missing_page(store, row_id)
    assert 4 == count_missing(store, row_id)
    retried = missing_page(store, row_id, ask_permanent_failures_again=False)
    assert (("case-0", 1), ("case-1", 0), ("case-2", 1)) == retried.items


def test_what_is_missing_comes_in_pages_of_cases_in_the_order_of_the_benchmark(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    assert MissingPage(items=(("case-0", 0), ("case-1", 0)), last_position=1) == missing_page(
        store, run_candidate_id, n_cases=2
    )
    assert MissingPage(items=(("case-2", 0),), last_position=None) == missing_page(
        store, run_candidate_id, after=1, n_cases=2
    )
    assert MissingPage(items=(("case-0", 0), ("case-1", 0), ("case-2", 0)), last_position=None) == missing_page(
        store, run_candidate_id, n_cases=3
    )
    save_outcomes(store, [make_row(run_candidate_id, "case-0"), make_row(run_candidate_id, "case-1")])
    assert MissingPage(items=(("case-2", 0),), last_position=None) == missing_page(store, run_candidate_id, n_cases=1)
    save_outcomes(store, [make_row(run_candidate_id, "case-2")])
    assert MissingPage(items=(), last_position=None) == missing_page(store, run_candidate_id)
    assert 0 == count_missing(store, run_candidate_id)


def test_the_missing_are_found_among_many(
    store: Store, plan_run: Callable[..., RunPlan], plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    plan_run()
    names = [f"q{number}" for number in range(1201)]
    version = save_benchmark(
        store, Benchmark(name="many", task_type="reasoning", cases=tuple(Case(case_id=name) for name in names))
    )
    create_invocation(store, invocation_id="many", request={}, code_version="0")
    plan = RunPlan(
        run_id="many",
        invocation_id="many",
        benchmark_version=version,
        benchmark_name="many",
        name="many",
        seed=0,
        n_repeats=1,
        limit=None,
        metrics=(),
        headline="exact_match",
        n_cases=len(names),
        code_version="0",
    )
    create_run(store, plan, names)
    row_id = plan_candidate("many")
    save_outcomes(store, [make_row(row_id, name) for name in names[1:]])
    assert MissingPage(items=(("q0", 0),), last_position=None) == missing_page(store, row_id)
    assert 1 == count_missing(store, row_id)


def test_nothing_can_be_missing_of_a_candidate_that_is_not_there(store: Store) -> None:
    with pytest.raises(StoreError, match="holds no candidate 404 of a run"):
        missing_page(store, 404)
    with pytest.raises(StoreError, match="holds no candidate 404 of a run"):
        count_missing(store, 404)


def test_all_shares_together_are_all_that_is_missing_and_no_case_is_in_two(
    store: Store, plan_run: Callable[..., RunPlan], plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    plan_run(n_repeats=2)
    row_id = plan_candidate()
    save_outcomes(store, [make_row(row_id, "case-1"), make_row(row_id, "case-1", repeat=1)])
    shares = [Share(number=number, of=2) for number in (1, 2)]
    parts = [missing_page(store, row_id, share=share).items for share in shares]
    assert [(("case-0", 0), ("case-0", 1), ("case-2", 0), ("case-2", 1)), ()] == parts
    assert [True, False] == [is_missing(store, [row_id], share) for share in shares]


def test_where_failures_are_not_asked_again_what_has_no_outcome_alone_is_missing(
    store: Store, plan_run: Callable[..., RunPlan], plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    plan_run()
    row_id = plan_candidate()
    down, bad = make_row(row_id, "case-1", DOWN), make_row(row_id, "case-2", BAD)
    save_outcomes(store, [down, bad])
    assert (("case-0", 0),) == missing_page(store, row_id, ask_failures_again=False).items
    assert 2 == count_failures_since(store, row_id, down.finished_at)
    assert 0 == count_failures_since(store, row_id, down.finished_at + timedelta(seconds=1))


def test_of_some_positions_and_repeats_nothing_else_is_missing(
    store: Store, plan_run: Callable[..., RunPlan], plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    plan_run(n_repeats=3)
    row_id = plan_candidate()
    save_outcomes(store, [make_row(row_id, "case-1")])

    page = missing_page(store, row_id, positions=range(1, 3), repeats=range(2))

    assert (("case-1", 1), ("case-2", 0), ("case-2", 1)) == page.items
    assert (1, 2, 2) == page.positions
    assert () == missing_page(store, row_id, positions=range(1, 2), repeats=range(1)).items
