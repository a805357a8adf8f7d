from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from stored_rows import save_outcomes

from evaluation.errors import ConfigurationError, FailureKind, StoreError, UnknownNameError
from evaluation.generation import Failure, Generation
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunPlan
from evaluation.records.scores import EstimateRow, ScoreRow
from evaluation.records.stages import Trace
from evaluation.records.status import Status
from evaluation.scores import Estimate, Measurement
from evaluation.store.holders import let_go, take_hold
from evaluation.store.outcomes import load_outcomes
from evaluation.store.plans import (
    create_invocation,
    create_run,
    find_invocation,
    record_run_flow,
    run_flows,
    runs_of_flow,
)
from evaluation.store.runs import (
    archive_run,
    delete_run,
    find_run,
    runs_of_invocation,
    set_run_candidate_status,
    set_run_status,
    tag_run,
)
from evaluation.store.scores import save_estimates, save_scores
from evaluation.store.session import Store, info
from evaluation.store.stage_rows import insert_stages
from evaluation.store.summaries import list_runs, progress
from tests.support.stored_stages import make_stage

PlanRun = Callable[..., RunPlan]
PlanCandidate = Callable[..., int]
MakeRow = Callable[..., OutcomeRow]
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="no answer")
EMPTY = Generation(text="", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="nothing")


def test_a_planned_run_comes_back_as_it_went_in(store: Store, plan_run: PlanRun, plan_candidate: PlanCandidate) -> None:
    plan = plan_run()
    run_candidate_id = plan_candidate()
    found = find_run(store, "run-1")
    (candidate,) = found.candidates
    assert (plan, Status.PLANNED, None) == (found.plan, found.status, found.started_at)
    assert (run_candidate_id, Status.PLANNED, 2, ["\n"]) == (
        candidate.run_candidate_id,
        candidate.status,
        candidate.plan.slots,
        candidate.plan.options["stop"],
    )


def test_a_retry_finds_its_own_invocation_run_and_candidate(
    store: Store, plan_run: PlanRun, plan_candidate: PlanCandidate
) -> None:
    plan_run()
    first = plan_candidate()
    set_run_status(store, "run-1", Status.COMPLETED)
    create_invocation(store, invocation_id="invocation-1", request={"other": 1}, code_version="9")
    plan_run(n_repeats=5)
    assert first == plan_candidate()
    assert (Status.COMPLETED, 1) == (find_run(store, "run-1").status, find_run(store, "run-1").plan.n_repeats)
    invocation = find_invocation(store, "invocation-1")
    assert invocation is not None
    assert ({"models": ["m:1b"]}, "0.1.0") == (invocation.request, invocation.code_version)
    assert find_invocation(store, "nobody's") is None


def test_a_run_needs_its_invocation_and_benchmark(store: Store, plan_run: PlanRun) -> None:
    plan = plan_run()
    for broken in (replace(plan, run_id="x", invocation_id="none"), replace(plan, run_id="x", benchmark_name="none")):
        with pytest.raises(StoreError, match="rejected a row whose parent row is missing"):
            create_run(store, broken, ["case-0"])


def test_statuses_keep_the_times_of_start_and_end(store: Store, run_candidate_id: int) -> None:
    take_hold(store, ["run-1"])
    before = datetime.now(UTC)
    set_run_status(store, "run-1", Status.RUNNING)
    set_run_candidate_status(store, run_candidate_id, Status.RUNNING)
    started_at = find_run(store, "run-1").started_at
    set_run_candidate_status(store, run_candidate_id, Status.FAILED, given_up_reason="out of memory")
    set_run_status(store, "run-1", Status.FAILED, reason="over the budget")
    failed = find_run(store, "run-1")
    (candidate,) = failed.candidates
    assert started_at is not None
    assert failed.finished_at is not None
    assert before <= started_at <= failed.finished_at
    assert (Status.FAILED, "over the budget", started_at) == (failed.status, failed.reason, failed.started_at)
    assert (Status.FAILED, "out of memory") == (candidate.status, candidate.given_up_reason)
    set_run_status(store, "run-1", Status.RUNNING)
    resumed = find_run(store, "run-1")
    assert (Status.RUNNING, started_at, None, None) == (
        resumed.status,
        resumed.started_at,
        resumed.finished_at,
        resumed.reason,
    )
    set_run_status(store, "run-1", Status.PLANNED)
    assert Status.PLANNED == find_run(store, "run-1").status


def test_interrupted_is_never_stored(store: Store, run_candidate_id: int) -> None:
    with pytest.raises(StoreError, match="is derived"):
        set_run_status(store, "run-1", Status.INTERRUPTED)
    with pytest.raises(StoreError, match="is derived"):
        set_run_candidate_status(store, run_candidate_id, Status.INTERRUPTED)


def test_an_unknown_run_is_answered_with_those_that_exist(store: Store, plan_run: PlanRun) -> None:
    with pytest.raises(UnknownNameError, match="None is known yet"):
        find_run(store, "last")
    plan_run()
    changes: list[Callable[[], object]] = [
        lambda: find_run(store, "run-2"),
        lambda: find_run(store, ""),
        lambda: find_run(store, "run_1"),
        lambda: find_run(store, "%"),
        lambda: set_run_status(store, "run-2", Status.RUNNING),
        lambda: tag_run(store, "run-2", add=["x"]),
        lambda: archive_run(store, "run-2"),
        lambda: delete_run(store, "run-2"),
    ]
    for change in changes:
        with pytest.raises(UnknownNameError, match="Newest: run-1"):
            change()
    with pytest.raises(StoreError, match="no candidate 404"):
        set_run_candidate_status(store, 404, Status.RUNNING)


def test_a_run_is_found_as_the_last_one_by_id_or_by_a_prefix_of_its_own(store: Store, plan_run: PlanRun) -> None:
    for run_id in ("abc1", "abc", "abd2"):
        plan_run(run_id)
    found = [find_run(store, wanted).plan.run_id for wanted in ("last", "abc", "abc1", "abd")]
    assert ["abd2", "abc", "abc1", "abd2"] == found
    with pytest.raises(ConfigurationError, match="several runs begin with 'ab': abc, abc1, abd2"):
        find_run(store, "ab")
    archive_run(store, "abd2")
    assert "abc" == find_run(store, "last").plan.run_id


def test_runs_are_listed_newest_first_with_their_counts(
    store: Store, plan_run: PlanRun, plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    for run_id in ("run-1", "run-2", "run-3"):
        plan_run(run_id)
    one, two = plan_candidate("run-2"), plan_candidate("run-2", model="other:1b")
    save_outcomes(
        store,
        [make_row(one), make_row(one, "case-1", DOWN), make_row(two), make_row(two, "case-1", EMPTY)],
    )
    three, second, _ = list_runs(store)
    assert ("run-2", 2, 1, 1, 3) == (second.run_id, second.n_ok, second.n_failed, second.n_own_failed, second.n_cases)
    assert ("m:1b temperature=0.5", "other:1b temperature=0.5") == second.candidates
    assert (0, 0, ()) == (three.n_ok, three.n_failed, three.candidates)
    assert ["run-3"] == [run.run_id for run in list_runs(store, limit=1)]


def test_an_archived_run_is_listed_only_when_asked_for(store: Store, plan_run: PlanRun) -> None:
    plan_run("run-1")
    plan_run("run-2")
    archive_run(store, "run-1")
    assert ["run-2"] == [run.run_id for run in list_runs(store)]
    listed = list_runs(store, include_archived=True, limit=None)
    assert [("run-2", False), ("run-1", True)] == [(run.run_id, run.archived_at is not None) for run in listed]
    archive_run(store, "run-1", archived=False)
    assert 2 == len(list_runs(store))


def test_tags_are_added_once_and_removed(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    assert ("first", "new") == tag_run(store, "run-1", add=["new", "first"], favourite=True)
    assert ("new",) == tag_run(store, "run-1", remove=["first", "never there"])
    (listed,) = list_runs(store)
    assert (("new",), True) == (listed.tags, listed.favourite)


def test_progress_counts_what_is_done_for_each_candidate_of_an_invocation(
    store: Store, plan_run: PlanRun, plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    plan_run("run-1", n_repeats=2)
    plan_run("run-2", invocation_id="invocation-2")
    one, two, _ = plan_candidate(), plan_candidate(model="other:1b"), plan_candidate("run-2")
    save_outcomes(store, [make_row(one), make_row(one, "case-1", DOWN), make_row(one, "case-2", EMPTY)])
    take_hold(store, ["run-1"])
    set_run_candidate_status(store, one, Status.RUNNING)
    told = progress(store, "invocation-1")
    assert [(one, 6, 2, 1, Status.RUNNING), (two, 6, 0, 0, Status.PLANNED)] == [
        (line.run_candidate_id, line.n_planned, line.n_done, line.n_failed, line.status) for line in told
    ]
    assert () == progress(store, "nobody's")


def test_the_runs_of_an_invocation_come_in_the_order_of_their_planning(store: Store, plan_run: PlanRun) -> None:
    for run_id in ("b", "a"):
        plan_run(run_id)
    plan_run("c", invocation_id="invocation-2")
    assert ["b", "a"] == [run.plan.run_id for run in runs_of_invocation(store, "invocation-1")]


def test_flow_runs_are_noted_once(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    for flow_run_id in ("flow-b", "flow-a", "flow-b"):
        record_run_flow(store, "run-1", flow_run_id)
    assert ("flow-b", "flow-a") == run_flows(store, "run-1")
    assert ("run-1",) == runs_of_flow(store, "flow-a")


def test_a_deleted_run_takes_all_its_rows_along(
    store: Store, store_url: str, plan_run: PlanRun, plan_candidate: PlanCandidate, make_row: MakeRow
) -> None:
    plan_run()
    run_candidate_id = plan_candidate()
    save_outcomes(store, [replace(make_row(run_candidate_id), trace=Trace(confidence=0.5))])
    with store.write() as connection:
        insert_stages(connection, [make_stage(run_candidate_id)])
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    use = MetricUse(name="exact_match", signature="ExactMatch()|v1")
    estimate = Estimate(value=1.0, low=None, high=None, n_cases=1, method="wilson")
    save_scores(
        store,
        [
            ScoreRow(
                generation_id=stored.generation_id, metric=use, measurement=Measurement(value=1.0), scorer_version="1"
            )
        ],
    )
    save_estimates(store, [EstimateRow(run_candidate_id=run_candidate_id, metric=use, estimate=estimate)])
    take_hold(store, ["run-1"])
    record_run_flow(store, "run-1", "flow")
    delete_run(store, "run-1")
    left = {name for name, n in info(store_url).n_rows.items() if n} - {"evidence_change"}
    assert {"benchmark", "benchmark_case", "candidate", "profile", "metric"} == left


def test_an_invocation_stays_while_it_has_another_run(store: Store, plan_run: PlanRun) -> None:
    plan_run("run-1")
    plan_run("run-2")
    delete_run(store, "run-1")
    assert find_invocation(store, "invocation-1") is not None


def test_a_running_run_is_not_deleted_unless_it_is_interrupted(store: Store, plan_run: PlanRun) -> None:
    plan_run()
    set_run_status(store, "run-1", Status.RUNNING)
    holder_id = take_hold(store, ["run-1"])
    with pytest.raises(StoreError, match="is still running and was not deleted"):
        delete_run(store, "run-1")
    let_go(store, holder_id)
    delete_run(store, "run-1")
    assert () == list_runs(store)
