"""A sweep is cut into parts of its cases that load no model twice, and the time left is told from what was done."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest
from stored_rows import save_outcomes
from stored_runs import MOMENT, Asked, answer, numbers, store_run

from evaluation.candidate import PLAIN_PROFILE, Candidate
from evaluation.errors import ConfigurationError, FailureKind
from evaluation.generation import Failure, Outcome
from evaluation.options import load_options
from evaluation.planning.plan import Plan, PlannedCandidate, PlannedRun, grouped_by_residency
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunCandidateRecord
from evaluation.records.status import Status
from evaluation.requests.sweep_request import read_sweep_request
from evaluation.store.runs import find_run, set_run_candidate_status
from evaluation.store.session import Store
from tasks.generation.missing import count_open
from tasks.sweeps.layout import AIMED_PARTS, LEAST_GENERATIONS, SweepPart, _given_up_in, _lay_out, _missing_parts
from tasks.sweeps.progress import Pace

N_CASES = 12
LayOut = Callable[..., tuple[Plan, tuple[SweepPart, ...]]]


@pytest.fixture
def laid_out(store: Store) -> LayOut:
    """Stores the run of a sweep over these parameters, nothing of it asked, and cuts it."""

    def lay_out(
        *parameters: str, leave_out: int = 0, n_cases: int = N_CASES, n_repeats: int = 1
    ) -> tuple[Plan, tuple[SweepPart, ...]]:
        evaluation = {"benchmarks": ["numbers"], "models": ["a:1b", "b:1b"], "repeats": n_repeats}
        request = read_sweep_request({"evaluation": evaluation, "parameters": list(parameters)})
        tried = request.combinations()
        store_run(
            store,
            *(Asked(candidate=_candidate(one)) for one in tried[: len(tried) - leave_out]),
            cases=numbers(n_cases),
            n_repeats=n_repeats,
            status=Status.RUNNING,
            scored=False,
        )
        run = PlannedRun(run_id="run-1", benchmark_name="numbers", metrics=("exact_match",))
        items = [_planned(record, n_cases, n_repeats) for record in find_run(store, "run-1").candidates]
        plan = Plan(
            invocation_id="of-run-1",
            runs=(run,),
            lanes=(),
            groups=grouped_by_residency(items),
            notes=(),
            timeout_s=1,
            case_timeout_s=1,
        )
        return plan, _lay_out(store, request, plan)

    return lay_out


def _candidate(combination: Any) -> Candidate:
    options = {name: value for name, value in combination.items() if name != "model"}
    return Candidate(model=combination["model"], digest=combination["model"], options=options)


def _planned(record: RunCandidateRecord, n_cases: int, n_repeats: int) -> PlannedCandidate:
    return PlannedCandidate(
        run_id="run-1",
        run_candidate_id=record.run_candidate_id,
        benchmark_version="v",
        benchmark_name="numbers",
        label=record.plan.label,
        model=record.plan.model_name,
        options=record.plan.options,
        load_options=load_options(record.plan.options),
        think=None,
        profile=PLAIN_PROFILE,
        seed=0,
        n_cases=n_cases,
        n_repeats=n_repeats,
        failure_budget=1,
        digest=record.plan.digest,
    )


def test_every_part_asks_all_combinations_of_one_loaded_model_and_no_model_comes_back(laid_out: LayOut) -> None:
    plan, parts = laid_out("temperature=0:1:0.1", "num_ctx=1024,2048")

    loads = [part.plan_of(plan).groups for part in parts]
    assert [1] * len(parts) == [len(groups) for groups in loads]
    in_order = [residency for residency, _ in groupby(groups[0].residency for groups in loads)]
    assert [group.residency for group in plan.groups] == in_order
    for part, (group,) in zip(parts, loads, strict=True):
        (whole,) = [one for one in plan.groups if one.residency == group.residency]
        assert part.run_candidate_ids == {item.run_candidate_id for item in whole.planned}
        assert 11 == len(group.planned)
    assert AIMED_PARTS == len(parts)


@pytest.mark.parametrize(("n_cases", "n_repeats"), [(12, 1), (12, 3), (1, 12), (7, 9)])
def test_all_parts_together_ask_everything_once(store: Store, laid_out: LayOut, n_cases: int, n_repeats: int) -> None:
    plan, parts = laid_out("temperature=0:1:0.1", n_cases=n_cases, n_repeats=n_repeats)

    assert len(parts) > 2
    n_open = [sum(count_open(store, item) for item in part.plan_of(plan).candidates) for part in parts]
    assert [part.n_generations for part in parts] == n_open
    assert 22 * n_cases * n_repeats == sum(n_open) == parts[-1].n_done_after
    assert [sum(n_open[: n + 1]) for n in range(len(parts))] == [part.n_done_after for part in parts]


def test_a_part_is_worth_a_look(laid_out: LayOut) -> None:
    _, parts = laid_out("temperature=0,0.5,1")

    assert [36, 36] == [part.n_generations for part in parts]
    assert LEAST_GENERATIONS > 36


def test_what_is_judged_waits_for_the_end_and_who_was_given_up_is_left_out(laid_out: LayOut) -> None:
    plan, parts = laid_out("temperature=0,0.5,1")
    first = min(parts[0].run_candidate_ids)

    own = parts[0].plan_of(plan, without={first})

    assert (2, ()) == (len(own.candidates), own.asked_models)
    assert () == parts[0].plan_of(plan, without=parts[0].run_candidate_ids).groups


def test_two_combinations_of_which_the_run_has_one_are_refused_before_anything_is_asked(
    laid_out: LayOut,
) -> None:
    with pytest.raises(ConfigurationError, match="of 6 combinations only 5 differ"):
        laid_out("temperature=0,0.5,1", leave_out=1)


def test_parts_of_which_all_is_asked_are_passed_over(store: Store, laid_out: LayOut) -> None:
    plan, parts = laid_out("temperature=0:1:0.1")
    first = parts[0]

    for row_id in sorted(first.run_candidate_ids):
        save_outcomes(store, [_row(row_id, n) for n in first.positions])
    assert parts[1:] == _missing_parts(store, plan)
    save_outcomes(store, [_row(min(parts[1].run_candidate_ids), n) for n in parts[1].positions])
    assert parts[1:] == _missing_parts(store, plan)


def test_who_would_fail_in_the_next_part_too_is_not_asked_it(store: Store, laid_out: LayOut) -> None:
    plan, parts = laid_out("temperature=0,0.5,1")
    ended, over_budget, within = sorted(parts[0].run_candidate_ids)
    down = Failure(kind=FailureKind.SERVER_DOWN, message="no answer")
    set_run_candidate_status(store, ended, Status.FAILED, given_up_reason="no such option")
    save_outcomes(store, [_row(over_budget, n, down) for n in range(2)])
    save_outcomes(store, [_row(within, 0, down)])
    own = parts[0].plan_of(plan)

    assert {ended, over_budget} == _given_up_in(store, own, MOMENT)
    assert {ended} == _given_up_in(store, own, MOMENT + timedelta(seconds=1))


def _row(row_id: int, number: int, outcome: Outcome | None = None) -> OutcomeRow:
    return OutcomeRow(
        run_candidate_id=row_id,
        case_id=f"c{number}",
        repeat=0,
        outcome=outcome or answer("1"),
        endpoint="here",
        started_at=MOMENT,
        finished_at=MOMENT,
    )


def test_the_time_left_goes_by_what_this_process_did() -> None:
    def part(n_done: int) -> SweepPart:
        return SweepPart(
            run_candidate_ids=frozenset(),
            positions=range(1),
            repeats=range(1),
            n_generations=1,
            n_done_after=n_done,
            n_all=40,
        )

    pace = Pace(began=time.monotonic() - 50, n_before=10)

    seconds = int(pace.left(part(25)).removeprefix("; ").removesuffix(" s left"))
    assert 50 <= seconds < 100
    assert pace.left(part(11)).endswith(" min left")
    assert "" == pace.left(part(40))
    assert "" == pace.left(part(10))
