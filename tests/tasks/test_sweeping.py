"""A sweep is cut into stretches that load no model twice, and the time left is told from what this process did."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from stored_runs import MOMENT, Asked, answer, numbers, store_run

from evaluation.candidate import Candidate
from evaluation.errors import ConfigurationError
from evaluation.planning import Plan, PlannedRun
from evaluation.store.outcomes import save_outcomes
from evaluation.store.records import OutcomeRow, Status
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.sweeping.request import read_sweep_request
from tasks.sweeping.layout import LEAST_GENERATIONS, SweepStretch, _lay_out, _n_done_before
from tasks.sweeping.look import Pace

N_CASES = 4
LayOut = Callable[..., tuple[SweepStretch, ...]]


@pytest.fixture
def laid_out(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch) -> LayOut:
    """Stores the run of a sweep over these parameters, nothing of it asked, and cuts it."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)

    def lay_out(*parameters: str, leave_out: int = 0) -> tuple[SweepStretch, ...]:
        evaluation = {"benchmarks": ["numbers"], "models": ["a:1b", "b:1b"]}
        request = read_sweep_request({"evaluation": evaluation, "parameters": list(parameters)})
        tried = request.combinations()
        store_run(
            store,
            *(Asked(candidate=_candidate(one)) for one in tried[: len(tried) - leave_out]),
            cases=numbers(N_CASES),
            status=Status.RUNNING,
            scored=False,
        )
        run = PlannedRun(run_id="run-1", benchmark_name="numbers", metrics=("exact_match",))
        plan = Plan(invocation_id="of-run-1", runs=(run,), lanes=(), groups=(), notes=(), timeout_s=1, case_timeout_s=1)
        return _lay_out(request, plan)

    return lay_out


def _candidate(combination: Any) -> Candidate:
    options = {name: value for name, value in combination.items() if name != "model"}
    return Candidate(model=combination["model"], digest=combination["model"], options=options)


def _loads(store: Store) -> dict[int, tuple[str, int]]:
    return {
        found.run_candidate_id: (found.plan.model_name, found.plan.options["num_ctx"])
        for found in find_run(store, "run-1").candidates
    }


def test_every_combination_is_in_one_stretch_and_no_stretch_loads_two_things(store: Store, laid_out: LayOut) -> None:
    stretches = laid_out("temperature=0,0.5,1", "num_ctx=1024,2048")

    loads = _loads(store)
    asked = [row_id for stretch in stretches for row_id in sorted(stretch.run_candidate_ids)]
    assert sorted(loads) == asked
    in_order = [{loads[row_id] for row_id in stretch.run_candidate_ids} for stretch in stretches]
    assert all(len(load) == 1 for load in in_order)
    changes = sum(before != after for before, after in pairwise(in_order))
    assert 3 == changes
    assert [3, 6, 9, 12] == [stretch.n_done_after for stretch in stretches]
    assert {12} == {stretch.n_all for stretch in stretches}


def test_a_stretch_is_worth_a_look(laid_out: LayOut) -> None:
    stretches = laid_out("temperature=0:1:0.05")

    assert [10, 10, 1, 10, 10, 1] == [len(stretch.run_candidate_ids) for stretch in stretches]
    assert 10 == LEAST_GENERATIONS // N_CASES


def test_two_combinations_of_which_the_run_has_one_are_refused_before_anything_is_asked(
    laid_out: LayOut,
) -> None:
    with pytest.raises(ConfigurationError, match="of 6 combinations only 5 differ"):
        laid_out("temperature=0,0.5,1", leave_out=1)


def test_what_an_earlier_process_asked_is_counted_in_whole_stretches(store: Store, laid_out: LayOut) -> None:
    stretches = laid_out("temperature=0,0.5")
    assert 0 == _n_done_before(stretches)

    for row_id in sorted(stretches[0].run_candidate_ids):
        save_outcomes(store, [_row(row_id, n) for n in range(N_CASES)])
    assert 2 == _n_done_before(stretches)
    save_outcomes(store, [_row(min(stretches[1].run_candidate_ids), n) for n in range(N_CASES)])
    assert 2 == _n_done_before(stretches)


def _row(row_id: int, number: int) -> OutcomeRow:
    return OutcomeRow(
        run_candidate_id=row_id,
        case_id=f"c{number}",
        repeat=0,
        outcome=answer("1"),
        endpoint="here",
        started_at=MOMENT,
        finished_at=MOMENT,
    )


def test_the_time_left_goes_by_what_this_process_did() -> None:
    def stretch(n_done: int) -> SweepStretch:
        return SweepStretch(run_candidate_ids=frozenset(), n_done_after=n_done, n_all=40)

    pace = Pace(began=time.monotonic() - 50, n_before=10)

    seconds = int(pace.left(stretch(25)).removeprefix("; ").removesuffix(" s left"))
    assert 50 <= seconds < 100
    assert pace.left(stretch(11)).endswith(" min left")
    assert "" == pace.left(stretch(40))
    assert "" == pace.left(stretch(10))
