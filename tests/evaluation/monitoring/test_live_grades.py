"""The monitor's look at grades of calls in production."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from evaluation.monitoring.live_grades import grade_verdicts
from evaluation.monitoring.monitoring_pass import MonitoringPass, run_pass
from evaluation.records.candidates import MetricUse
from evaluation.records.traffic_calls import TrafficCall
from evaluation.records.traffic_grades import TrafficGrade
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.session import Store
from evaluation.store.traffic import save_traffic
from evaluation.store.traffic_grades import production_calls, save_grades

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
TODAY = NOW.replace(hour=0)
JUDGE = MetricUse(name="judge_rubric", signature="judge_rubric(model='judge')")


def graded_day(
    store: Store, days_ago: int, grades: Sequence[float | None], *, candidate: str = "m:1b", judge: MetricUse = JUDGE
) -> None:
    """A call for each grade, made that many days before today; None: the judge failed."""
    begun = TODAY - timedelta(days=days_ago)
    save_traffic(
        store,
        [
            TrafficCall(
                call_id=f"{candidate} {days_ago} {number}",
                task="chat",
                candidate=candidate,
                started_at=begun + timedelta(minutes=number),
                duration_s=1.0,
                input="What is 1?",
                output="1",
            )
            for number in range(len(grades))
        ],
    )
    calls, _ = production_calls(store, since=begun, until=begun + timedelta(days=1))
    own = [call for call in calls if call.candidate == candidate]
    save_grades(
        store,
        [
            TrafficGrade(
                row_id=call.row_id,
                metric=judge,
                scorer_version="1",
                flow_run_id="one",
                measurement=ScoreFailure(kind="timed_out", message="") if value is None else Measurement(value=value),
            )
            for call, value in zip(own, grades, strict=True)
        ],
    )


def seen(store: Store, **request: object) -> MonitoringPass:
    return run_pass(store, MonitorRequest.model_validate(request), NOW)


def usual(seed: int, n: int = 50, low: float = 0.1) -> list[float]:
    """Grades of a candidate that is right in all but so many of the calls."""
    return np.random.default_rng(seed).choice([0.0, 1.0], p=[low, 1 - low], size=n).tolist()


def test_grades_that_fall_are_told_once_with_both_means(store: Store) -> None:
    for day in range(10, 1, -1):
        graded_day(store, day, usual(day))
    assert () == seen(store).findings
    graded_day(store, 1, usual(1, low=0.6))

    (finding,) = seen(store).findings

    assert ("grades", "live", "chat", "m:1b", True) == (
        finding.rule,
        finding.source,
        finding.task,
        finding.candidate,
        finding.raises,
    )
    assert finding.evidence["usual"] > 0.8 > 0.6 > finding.evidence["value"]
    assert "1 graded day (50 calls)" in finding.sentence
    assert not finding.sentence.endswith("..")
    assert () == seen(store, left_out=["grades"]).findings


def test_a_small_lasting_fall_is_seen_over_a_week(store: Store) -> None:
    for day in range(30, 7, -1):
        graded_day(store, day, usual(day))
    for day in range(7, 0, -1):
        graded_day(store, day, usual(100 + day, low=0.3))

    (finding,) = seen(store).findings

    assert finding.raises
    assert 3 <= len(finding.evidence["days"])  # type: ignore[arg-type]


def test_today_another_judge_failures_and_few_grades_say_nothing(store: Store) -> None:
    for day in range(10, 1, -1):
        graded_day(store, day, usual(day))
    graded_day(store, 0, [0.0] * 50)
    assert () == seen(store).findings, "today is not over"

    graded_day(store, 1, [0.0] * 50, judge=MetricUse(name="judge_rubric", signature="judge_rubric(model='other')"))
    assert () == seen(store).findings, "grades of two judges are not compared"

    graded_day(store, 1, [None] * 50)
    assert () == seen(store).findings, "a judge that failed graded nothing"


def test_a_candidate_with_few_grades_is_not_judged(store: Store) -> None:
    graded_day(store, 2, [1.0] * 10)
    graded_day(store, 1, [0.0] * 10)

    assert [] == grade_verdicts(store, MonitorRequest(), NOW)


@pytest.mark.parametrize("n_candidates", [1, 3])
def test_an_alert_is_over_once_grades_are_as_before(store: Store, n_candidates: int) -> None:
    for candidate in range(n_candidates):
        for day in range(10, 2, -1):
            graded_day(store, day, usual(day), candidate=f"m{candidate}")
    graded_day(store, 2, [0.0] * 50, candidate="m0")
    (finding,) = [each for each in seen(store).findings if each.raises]
    assert finding.subject in seen(store).judged

    graded_day(store, 1, [1.0] * 50, candidate="m0")

    found = seen(store)
    assert finding.subject in found.judged
    assert not any(each.raises and each.evidence["days"] == ["2026-05-03"] for each in found.findings)
