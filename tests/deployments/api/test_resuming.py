"""What continues an ended flow run, and under which address?"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect_by_script import OURS, PrefectByScript, evaluation_of
from stored_runs import asked, numbers, right, store_run

from deployments.api import flow_runs
from deployments.api.problems import ProblemError
from evaluation.results.flow_runs import FlowRunStatus
from evaluation.run_results.work_status import work_status
from evaluation.store.holders import let_go, process_start, take_hold, this_host
from evaluation.store.recoveries import request_recovery, requested_recoveries
from evaluation.store.reviews import begin_session, save_review
from evaluation.store.session import Store


@pytest.fixture
def used(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store.url)
    return store


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_was_cancelled_is_continued_by_a_flow_run_of_its_own(prefect: PrefectByScript, used: Store) -> None:
    """Its worker may still hold the cancelled one, and would end where it came back."""
    prefect.offered = ["classification"]
    first = prefect.add(OURS, state="CANCELLED")

    resumed = flow_runs.resume(first)

    assert (first, "SCHEDULED") == (resumed.id, resumed.state_type)
    assert first != resumed.flow_run_id
    assert [] == prefect.changed
    continuing = prefect.runs[UUID(resumed.flow_run_id)]
    assert evaluation_of("classification") | {"invocation_id": UUID(first).hex} == continuing.parameters
    for given in (first, resumed.flow_run_id):
        assert resumed == flow_runs.find(given)
    with pytest.raises(ProblemError, match="it is Scheduled"):
        flow_runs.resume(first)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_fails_again_is_resumed_again_under_the_same_address(prefect: PrefectByScript, used: Store) -> None:
    prefect.offered = ["classification"]
    first = prefect.add(OURS, state="FAILED")
    second = flow_runs.resume(first).flow_run_id
    of_second = prefect.runs[UUID(second)]
    of_second.state.type.value, of_second.state.is_final = "FAILED", lambda: True

    third = flow_runs.resume(first)

    assert first == third.id
    assert 3 == len({first, second, third.flow_run_id})
    assert [f"resumption of {first}", f"resumption of {second}"] == prefect.idempotency_keys
    assert UUID(first).hex == prefect.runs[UUID(third.flow_run_id)].parameters["invocation_id"]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_is_resumed_is_not_made_again_by_others_as_well(prefect: PrefectByScript, used: Store) -> None:
    prefect.offered = ["classification"]
    died, found_later = (prefect.add(OURS, state="CRASHED") for _ in range(2))
    request_recovery(used, died)

    for each in (died, found_later):
        flow_runs.resume(each)
    request_recovery(used, found_later)

    assert () == requested_recoveries(used)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_level_finds_the_runs_that_it_goes_on_from_by_itself(prefect: PrefectByScript, used: Store) -> None:
    prefect.offered = ["classification"]
    first = prefect.add(OURS, state="CANCELLED")
    prefect.runs[UUID(first)].parameters = {"request": {"benchmarks": ["classification"], "level": "smoke"}}

    resumed = flow_runs.resume(first)

    assert "invocation_id" not in prefect.runs[UUID(resumed.flow_run_id)].parameters


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_a_process_still_works_on_is_not_resumed(prefect: PrefectByScript, used: Store) -> None:
    first = prefect.add(OURS, state="CRASHED")
    run_id = store_run(used, asked("a:1b"), cases=numbers(1), scored=False, flow_run_ids=(first,))
    holder_id = take_hold(used, [run_id], flow_run_id=first)

    with pytest.raises(ProblemError, match="is in use by process") as refused:
        flow_runs.resume(first)
    assert (409, "5") == (refused.value.status, refused.value.headers["Retry-After"])

    let_go(used, holder_id)
    prefect.offered = ["classification"]
    assert "SCHEDULED" == flow_runs.resume(first).state_type


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_review_goes_on_where_its_earlier_flow_run_was(prefect: PrefectByScript, used: Store) -> None:
    prefect.offered = ["classification"]
    first = prefect.add(OURS, state="CANCELLED")
    save_review(
        used,
        review_id="review-1",
        benchmark=("version", "numbers"),
        kind="grades",
        criteria=["accuracy"],
        run_ids=["run-1"],
        headline=None,
        request={},
        code_version="0.1.0",
        items=(),
    )
    begin_session(used, session_id=first, review_id="review-1", place="prefect", rater="Ada")

    resumed = flow_runs.resume(first)

    request = prefect.runs[UUID(resumed.flow_run_id)].parameters["request"]
    assert ("review-1", "Ada") == (request["review"], request["rater"])


DEAD = 2**22 + 1
"""Number of a process that cannot be: it is above Linux's highest."""


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("state", "since", "is_alive", "becomes"),
    [
        ("RUNNING", timedelta(0), True, "CANCELLING"),
        ("RUNNING", timedelta(0), False, "CANCELLED"),
        ("CANCELLING", timedelta(0), False, "CANCELLED"),
        ("CANCELLING", timedelta(0), True, None),
        ("CANCELLING", timedelta(minutes=2), True, "CANCELLED"),
        ("SCHEDULED", timedelta(0), None, "CANCELLING"),  # which Prefect makes `Cancelled` where no worker took it up
    ],
)
def test_cancelling_needs_nobody_whose_process_is_gone(
    prefect: PrefectByScript, used: Store, state: str, since: timedelta, is_alive: bool | None, becomes: str | None
) -> None:
    run = prefect.add(OURS, state=state)
    prefect.runs[UUID(run)].state.timestamp = datetime.now(UTC) - since
    if is_alive is not None:
        own = process_start(os.getpid())
        take_hold(used, [], pid=os.getpid() if is_alive else DEAD, host=this_host(), process_start=own, flow_run_id=run)

    flow_runs.cancel(run)

    assert ([] if becomes is None else [becomes]) == [each.type.value for each in prefect.states]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_pace_of_a_resumed_run_leaves_out_what_was_done_before(used: Store) -> None:
    store_run(used, asked("a:1b", right(numbers(3))), cases=numbers(3), flow_run_ids=("first",))
    begun = FlowRunStatus(
        flow_run_id="second", id="first", name="", state="Running", state_type="RUNNING", message=None, has_ended=False,
        created_at=None, started_at=datetime.now(UTC) + timedelta(minutes=1), ended_at=None,
    )  # fmt: skip

    assert 3 == work_status(used, begun).n_done
    assert work_status(used, begun).cases_per_s is None
    assert work_status(used, replace(begun, started_at=datetime(2020, 1, 1, tzinfo=UTC))).cases_per_s is not None
