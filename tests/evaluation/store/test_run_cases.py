from collections.abc import Callable
from dataclasses import replace

import pytest

from evaluation.errors import ConfigurationError, StoreError
from evaluation.records.runs import RunPlan
from evaluation.store.plans import create_run, extend_run, find_invocation, update_invocation_request
from evaluation.store.run_cases import (
    count_cases_before,
    count_common_cases,
    has_run_case,
    run_case_ids,
    run_case_positions,
)
from evaluation.store.runs import find_run
from evaluation.store.session import Store

PlanRun = Callable[..., RunPlan]


def test_the_cases_of_a_run_come_in_pages_in_the_order_of_the_benchmark(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    assert [("case-0", "case-1"), ("case-2",)] == list(run_case_ids(store, "run-1", page=2))
    assert [("case-0", "case-1", "case-2")] == list(run_case_ids(store, "run-1", page=3))
    assert [] == list(run_case_ids(store, "nobody's"))


def test_a_run_asks_the_cases_it_was_planned_with_and_no_others(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    assert has_run_case(store, "run-1", "case-2")
    assert not has_run_case(store, "run-1", "case-3")


def test_two_runs_have_the_cases_in_common_that_both_ask(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    assert 3 == count_common_cases(store, "run-1", "run-1")
    create_run(store, replace(plan_run("run-2"), run_id="run-3", n_cases=2), ["case-1", "case-3"])
    assert [3, 1, 0] == [count_common_cases(store, "run-1", other) for other in ("run-2", "run-3", "nobody's")]


def test_planning_a_run_again_leaves_its_cases_as_they_are(store: Store, plan_run: PlanRun) -> None:
    create_run(store, plan_run(), ["case-3"])
    assert [("case-0", "case-1", "case-2")] == list(run_case_ids(store, "run-1"))


def test_a_case_that_the_benchmark_does_not_hold_is_refused_with_the_whole_run(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    with pytest.raises(StoreError, match=r"holds no case 'case-7' \(2 missing\)"):
        extend_run(store, "run-1", n_repeats=1, limit=5, case_ids=[f"case-{n}" for n in (0, 1, 2, 7, 8)])
    assert 3 == find_run(store, "run-1").plan.n_cases
    assert [("case-0", "case-1", "case-2")] == list(run_case_ids(store, "run-1"))


def test_a_run_can_be_made_to_ask_more(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    extend_run(store, "run-1", n_repeats=3, limit=4, case_ids=[f"case-{number}" for number in range(4)])
    plan = find_run(store, "run-1").plan
    assert (3, 4, 4) == (plan.n_repeats, plan.limit, plan.n_cases)
    assert [("case-0", "case-1", "case-2", "case-3")] == list(run_case_ids(store, "run-1"))
    extend_run(store, "run-1", n_repeats=3, limit=None, case_ids=[f"case-{number}" for number in range(4)])
    assert find_run(store, "run-1").plan.limit is None


@pytest.mark.parametrize(
    ("n_repeats", "limit", "case_ids", "said"),
    [
        (1, 3, ["case-0", "case-1", "case-2"], "--repeats: 2"),
        (2, 2, ["case-0", "case-1", "case-2"], "--limit: 3"),
        (2, 3, ["case-0", "case-1"], "cases: 3"),
        (2, 3, ["case-0", "case-1", "case-3"], "cases: 4"),
    ],
)
def test_a_run_cannot_be_made_to_ask_less(
    store: Store, plan_run: PlanRun, n_repeats: int, limit: int, case_ids: list[str], said: str
) -> None:
    plan_run(n_repeats=2)
    with pytest.raises(ConfigurationError, match=f"the run already has {said}"):
        extend_run(store, "run-1", n_repeats=n_repeats, limit=limit, case_ids=case_ids)
    assert [("case-0", "case-1", "case-2")] == list(run_case_ids(store, "run-1"))


def test_a_run_that_is_not_there_cannot_be_extended(store: Store) -> None:
    with pytest.raises(StoreError, match="holds no run 'nobody'"):
        extend_run(store, "nobody", n_repeats=1, limit=None, case_ids=[])


def test_what_was_asked_for_can_be_replaced(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    update_invocation_request(store, "invocation-1", {"models": ["m:1b", "n:1b"]})
    found = find_invocation(store, "invocation-1")
    assert found is not None
    assert {"models": ["m:1b", "n:1b"]} == found.request
    with pytest.raises(StoreError, match="holds no invocation 'nobody'"):
        update_invocation_request(store, "nobody", {})


def test_cases_are_counted_up_to_a_position(store: Store, plan_run: PlanRun) -> None:
    plan_run()

    assert [0, 1, 2] == run_case_positions(store, "run-1")
    assert [0, 2, 3] == [count_cases_before(store, "run-1", position) for position in (0, 2, 9)]
