"""Runs that end before their first number are told of once, by name, and are over with the next good one."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from watched_runs import NOW, answers, many_cases, watched_run

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Outcome
from evaluation.monitoring.dead_runs import FlowRunEnd
from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.records.alerts import AlertChanges
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alerts import record_look
from evaluation.store.session import Store
from evaluation.store.tables import estimate, run, run_candidate

CASES = many_cases(20)
HOUR = timedelta(hours=1)


def looked(store: Store, *scheduled: FlowRunEnd, after: timedelta = timedelta(0), **request: object) -> AlertChanges:
    """One look, stored."""
    seen = run_pass(store, MonitorRequest.model_validate(request), NOW + after, scheduled=scheduled)
    return record_look(store, seen.findings, judged=seen.judged, looks=seen.looks, moment=seen.moment)


def dead_run(
    store: Store, run_id: str, *, status: str = "failed", reason: str | None = None, n: int = 0, hours: int = 2
) -> None:
    """Stores a run that ended with so many answers and without a number."""
    watched_run(store, CASES, dict(list(answers(CASES).items())[:n]), run_id=run_id, age=hours * HOUR)
    with store.write() as connection:
        connection.execute(sa.update(run).where(run.c.id == run_id).values(status=status, reason=reason))
        rows = sa.select(run_candidate.c.id).where(run_candidate.c.run_id == run_id)
        connection.execute(sa.delete(estimate).where(estimate.c.run_candidate_id.in_(rows)))


def good_run(store: Store, run_id: str) -> None:
    watched_run(store, CASES, run_id=run_id, age=HOUR)


def failed(flow_run_id: str = "flow-1", **given: object) -> FlowRunEnd:
    words: dict[str, object] = {
        "flow_run_id": flow_run_id,
        "name": "wise-owl",
        "deployment": "evaluate",
        "asked": "abcd1234",
        "failure": "it failed: ConfigurationError: no server answers",
        "has_runs": False,
        "ended_at": NOW,
    }
    return FlowRunEnd(**{**words, **given})  # type: ignore[arg-type]


def test_a_run_that_failed_without_an_answer_is_told_once_by_name_with_its_reason(store: Store) -> None:
    dead_run(store, "night-1", reason="the server\nis away")

    (alert,) = looked(store).raised
    later = looked(store, after=HOUR)

    assert ("run", "critical", "night-1", "numbers") == (alert.rule, alert.severity, alert.run_id, alert.benchmark)
    assert (
        "Run night-1 of m:1b on numbers ended before its first number, with no answer: it failed: the server is away. "
        "`benchwright evaluate --resume night-1` resumes it."
    ) == alert.sentence
    assert ((), 1) == (later.raised, len(later.updated))


def test_the_next_night_that_dies_is_told_too_and_a_good_one_ends_the_alert(store: Store) -> None:
    dead_run(store, "night-1", hours=26)
    looked(store)
    dead_run(store, "night-2", hours=2)

    (second,) = looked(store).raised
    good_run(store, "night-3")
    last = looked(store, after=HOUR)

    assert "night-2" == second.run_id
    assert ((), [second.alert_id]) == (last.raised, [one.alert_id for one in last.resolved])


def test_a_run_whose_process_died_is_told_of_when_it_will_not_be_taken_up_again(store: Store) -> None:
    dead_run(store, "killed", status="running", n=7, hours=0)

    assert () == looked(store, after=HOUR / 2).raised
    (alert,) = looked(store, after=2 * HOUR).raised
    assert "with 7 answers: its process died." in alert.sentence


def test_a_run_with_numbers_is_not_told_of_and_neither_is_an_old_or_a_cancelled_one(store: Store) -> None:
    good_run(store, "failed-later")
    with store.write() as connection:
        connection.execute(sa.update(run).values(status="failed", reason="too many failures"))
    assert () == looked(store).raised

    dead_run(store, "cancelled", status="cancelled")
    assert () == looked(store).raised


def test_an_old_run_is_not_told_of(store: Store) -> None:
    dead_run(store, "old", hours=8 * 24)

    assert () == looked(store).raised


def test_where_the_rule_of_success_tells_of_it_one_alert_is_enough(store: Store) -> None:
    failures: dict[str, Outcome] = {
        case.case_id: Failure(kind=FailureKind.SERVER_DOWN, message="away", n_attempts=1) for case in CASES
    }
    watched_run(store, CASES, failures, run_id="away", age=HOUR)
    with store.write() as connection:
        connection.execute(sa.update(run).values(status="failed"))

    assert ["success"] == [one.rule for one in looked(store).raised]


def test_what_a_schedule_began_and_no_run_came_of_is_told_once(store: Store) -> None:
    (alert,) = looked(store, failed()).raised

    assert ("run", "schedule") == (alert.rule, alert.source)
    assert (
        "The scheduled evaluate 'wise-owl' ended before it created a run: it failed: ConfigurationError: no server "
        "answers."
    ) == alert.sentence
    assert () == looked(store, failed(), after=HOUR).raised
    assert 1 == len(looked(store, failed(), failed("flow-2"), after=HOUR).raised)
    assert 1 == len(looked(store, failed(), failed("flow-2"), failed("flow-3", failure=None), after=HOUR).resolved)


@pytest.mark.parametrize("given", [{"has_runs": True}, {"failure": None}])
def test_a_schedule_that_came_as_far_as_a_run_is_left_to_that_run(store: Store, given: dict[str, object]) -> None:
    assert () == looked(store, failed(**given)).raised


def test_the_rule_can_be_left_out(store: Store) -> None:
    dead_run(store, "night-1")

    assert () == looked(store, failed(), left_out=["run"]).raised
