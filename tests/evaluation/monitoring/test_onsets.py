"""Since when an alert is so: where it began is stored with it, whenever the monitor looked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from watched_runs import NOW, answers, many_cases, watched_run

from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.records.alerts import AlertRecord, earlier_onset, onset
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alerts import list_alerts, record_look
from evaluation.store.session import Store

CASES = many_cases(30)
NIGHT = timedelta(days=1)


def _nights(store: Store, nights: Sequence[int], *, seconds: float = 1.0, n_wrong: int = 0) -> None:
    """Store a run for each of these nights before now."""
    outcomes = answers(CASES, seconds=seconds, wrong=range(n_wrong))
    for night in nights:
        watched_run(store, CASES, outcomes, run_id=f"night-{night}", age=night * NIGHT)


def _look(store: Store, night: int = 0) -> tuple[AlertRecord, ...]:
    """Look as the monitor would have so many nights ago, and return the alerts that are open then."""
    moment = NOW - night * NIGHT + timedelta(hours=2)
    seen = run_pass(store, MonitorRequest(), moment)
    record_look(store, seen.findings, judged=seen.judged, looks=seen.looks, moment=moment)
    return list_alerts(store)


def _began(alert: AlertRecord) -> tuple[str | None, datetime | None, str | None]:
    return alert.began_in_run, alert.began_at, alert.earlier_run


@pytest.mark.parametrize("how", [{"seconds": 4.0}, {"n_wrong": 15}])
def test_an_alert_that_was_noticed_late_says_since_when_it_is_so(store: Store, how: dict[str, float]) -> None:
    _nights(store, range(10, 3, -1))
    _look(store, 4)
    _nights(store, (3, 2, 1), **how)  # type: ignore[arg-type]
    (alert,) = _look(store)
    assert ("night-3", NOW - 3 * NIGHT, "night-6") == _began(alert)
    assert NOW + timedelta(hours=2) == alert.raised_at
    assert "night-1" == alert.run_id


def test_an_alert_that_lasts_keeps_where_it_began(store: Store) -> None:
    _nights(store, range(10, 3, -1))
    _nights(store, (3,), seconds=4.0)
    _look(store, 3)
    _nights(store, (2, 1), seconds=4.0)
    (alert,) = _look(store)
    assert ("night-3", "night-1", 2) == (alert.began_in_run, alert.run_id, alert.n_seen)


def test_a_night_that_was_as_usual_comes_before_the_onset(store: Store) -> None:
    _nights(store, range(10, 5, -1))
    _nights(store, (5,), seconds=4.0)
    _nights(store, (4,))
    _nights(store, (3, 2), seconds=4.0)
    (alert,) = _look(store)
    assert "night-3" == alert.began_in_run


def test_a_change_began_with_the_run_that_has_it(store: Store) -> None:
    _nights(store, (3,))
    watched_run(store, CASES, answers(CASES, seconds=1.0), run_id="new", age=2 * NIGHT, digest="weights-2")
    watched_run(store, CASES, answers(CASES, seconds=1.0), run_id="newer", age=NIGHT, digest="weights-2")
    (alert,) = _look(store)
    assert ("new", NOW - 2 * NIGHT, "night-3") == _began(alert)


def test_the_earlier_of_two_onsets_is_kept_with_its_run() -> None:
    early, late = onset(NOW - NIGHT, "early"), onset(NOW, "late")
    assert {"ratio": 3, **early} == earlier_onset({"ratio": 2, **early}, {"ratio": 3, **late})
    assert late == earlier_onset({}, late)
    assert late == earlier_onset({"began_at": "no moment"}, late)
    assert early == earlier_onset(late, early)
