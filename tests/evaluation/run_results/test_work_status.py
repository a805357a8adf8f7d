"""Does the status of work count all of its runs, and name its stage and the best candidate until now?"""

from dataclasses import replace

import pytest
from compared_runs import candidate, cases_of, right_on
from stored_runs import store_run

from evaluation.records.status import Status
from evaluation.results.flow_runs import FlowRunStatus
from evaluation.run_results.work_status import work_status
from evaluation.store.session import Store

CASES = cases_of(4)
RUNNING = FlowRunStatus(
    id="flow-1", flow_run_id="flow-1", name="", state="Running", state_type="RUNNING", message=None, has_ended=False,
    created_at=None, started_at=None, ended_at=None,
)  # fmt: skip


def test_work_of_several_commands_is_counted_whole(store: Store) -> None:
    store_run(store, candidate("a:1b", right_on(CASES, [0])), cases=CASES, run_id="one")
    store_run(store, candidate("b:1b", right_on(CASES, [0, 1])), cases=CASES, run_id="two")

    status = work_status(store, RUNNING)

    assert (("one", "two"), 8, 8) == (status.run_ids, status.n_planned, status.n_done)
    assert ["a:1b", "b:1b"] == [each.candidate.split()[0] for each in status.candidates]
    assert [("one", 0.25), ("two", 0.5)] == [(each.run_id, each.estimate.value) for each in status.best_so_far]


def test_the_best_until_now_is_that_of_the_headline_with_its_interval(store: Store) -> None:
    answers = [candidate(f"{name}:1b", right_on(CASES, right)) for name, right in (("a", [0]), ("b", [0, 1, 2]))]
    store_run(store, *answers, cases=CASES, run_id="one")

    (best,) = work_status(store, RUNNING).best_so_far

    assert ("b", "exact_match", 0.75, 4) == (best.candidate[0], best.metric, best.estimate.value, best.estimate.n_cases)
    assert best.estimate.low is not None
    assert best.estimate.low < 0.75


@pytest.mark.parametrize(
    ("state_type", "run_status", "n_answers", "stage"),
    [
        ("SCHEDULED", None, 0, "waiting"),
        ("RUNNING", None, 0, "planning"),
        ("RUNNING", Status.RUNNING, 3, "generating"),
        ("RUNNING", Status.RUNNING, 4, "scoring"),
        ("RUNNING", Status.COMPLETED, 4, "concluding"),
        ("COMPLETED", Status.COMPLETED, 4, "ended"),
    ],
)
def test_the_stage_is_that_of_the_work(
    store: Store, state_type: str, run_status: Status | None, n_answers: int, stage: str
) -> None:
    if run_status is not None:
        answered = candidate("a:1b", dict(list(right_on(CASES, [0]).items())[:n_answers]))
        store_run(store, answered, cases=CASES, run_id="one", status=run_status, scored=False)

    status = work_status(store, replace(RUNNING, state_type=state_type, has_ended=state_type == "COMPLETED"))

    assert stage == status.stage
    assert () == status.best_so_far
