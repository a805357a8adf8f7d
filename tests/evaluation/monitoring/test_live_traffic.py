"""A monitor's look at calls in production."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from watched_runs import NOW, answers, many_cases, watched_run

from evaluation.monitoring.monitoring_pass import MonitoringPass, run_pass
from evaluation.records.traffic_calls import NOBODY, TrafficCall
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.session import Store
from evaluation.store.totals import store_totals
from evaluation.store.traffic import count_traffic, list_traffic, save_traffic

HOUR = timedelta(hours=1)


def calls(n: int, *, ago: timedelta, seconds: float = 1.0, n_failed: int = 0, tokens: int = 100) -> list[TrafficCall]:
    """Calls a second apart, the first so long ago."""
    begun: datetime = NOW - ago
    return [
        TrafficCall(
            call_id=f"{ago} {number}",
            task="flash_analysis",
            candidate="m:1b",
            started_at=begun + timedelta(seconds=number),
            duration_s=seconds * (1 + number % 7 / 100),
            ok=number >= n_failed,
            error_type=None if number >= n_failed else "TimeoutError",
            prompt_tokens=tokens,
            output_tokens=10,
        )
        for number in range(n)
    ]


def seen(store: Store, **request: object) -> MonitoringPass:
    return run_pass(store, MonitorRequest.model_validate(request), NOW)


def test_quiet_traffic_raises_nothing_and_has_its_figures(store: Store) -> None:
    save_traffic(store, [*calls(50, ago=48 * HOUR), *calls(30, ago=HOUR / 2)])

    found = seen(store)

    assert () == found.findings
    (series,) = found.series
    assert ("live", "flash_analysis", "m:1b") == (series.source, series.task, series.candidate)
    assert [50, 30] == [point.n for point in series.points]
    assert pytest.approx(1.03) == series.points[-1].duration_s
    assert 110 == series.points[-1].tokens


def test_live_calls_that_slow_down_and_fail_are_told(store: Store) -> None:
    save_traffic(store, [*calls(50, ago=48 * HOUR), *calls(30, ago=HOUR / 2, seconds=2.5, n_failed=6)])

    duration, success = seen(store).findings

    assert ("duration", "live", "flash_analysis") == (duration.rule, duration.source, duration.task)
    assert pytest.approx(2.5, rel=0.02) == duration.evidence["ratio"]
    assert ("success", {"TimeoutError": 6}) == (success.rule, success.evidence["failures"])
    assert "m:1b on flash_analysis (live): 24 answers of 30 calls, 80 %" in success.sentence


def test_of_too_few_calls_nothing_is_said_and_no_open_alert_is_taken_for_over(store: Store) -> None:
    save_traffic(store, [*calls(50, ago=48 * HOUR), *calls(10, ago=HOUR / 2, seconds=9, n_failed=5)])

    found = seen(store)

    assert ((), frozenset()) == (found.findings, found.judged)


def test_where_the_last_hour_has_few_calls_the_newest_of_the_day_are_taken(store: Store) -> None:
    save_traffic(store, [*calls(50, ago=48 * HOUR), *calls(25, ago=5 * HOUR, seconds=3)])

    (finding,) = seen(store).findings

    assert ("duration", 20) == (finding.rule, finding.evidence["n"])


def test_a_budget_of_tokens_holds_for_live_calls_too(store: Store) -> None:
    save_traffic(store, calls(30, ago=HOUR / 2, tokens=1000))

    (finding,) = seen(store, token_budgets=[{"task": "flash_analysis", "tokens_per_call": 500}]).findings

    assert ("tokens", 1010) == (finding.rule, finding.evidence["tokens_per_call"])


def test_production_that_is_slower_than_the_evaluation_is_worth_knowing(store: Store) -> None:
    cases = many_cases(20)
    watched_run(store, cases, answers(cases, seconds=0.5), run_id="lab", age=HOUR)
    save_traffic(store, calls(30, ago=HOUR / 2))

    (insight,) = seen(store).insights

    assert "live" == insight.kind
    assert "a call takes 1.03 s at the median in production, and 0.5 s in its newest evaluation" in insight.text


def test_calls_for_which_nobody_was_asked_are_no_candidates(store: Store) -> None:
    """A spent budget must not look like a candidate that fails."""
    refused = [
        replace(call, call_id=f"refused {call.call_id}", candidate=NOBODY, ok=False, error_type="x.BudgetSpentError")
        for call in calls(30, ago=HOUR / 2)
    ]
    save_traffic(store, [*calls(50, ago=48 * HOUR), *calls(30, ago=HOUR / 2), *refused])

    found = seen(store)

    assert () == found.findings
    assert ["m:1b"] == [series.candidate for series in found.series]
    answered, nobody = sorted(count_traffic(store), key=lambda count: count.n_refused)
    assert (0, 0, 30, 0) == (answered.n_failed, answered.n_refused, nobody.n_refused, nobody.n_failed)
    assert ["budget spent"] == sorted({call.refusal for call in list_traffic(store) if call.refusal})
    totals = store_totals(store)
    assert ({("m:1b", True): 80}, 30) == (totals.calls, totals.n_refused)


@pytest.mark.parametrize(
    ("error_type", "words"),
    [
        ("asyncio.exceptions.CancelledError", "the client left"),
        ("starlette.requests.ClientDisconnect", "the client left"),
        ("evaluation.records.traffic_calls.RefusedRequestError", "the server refused the request"),
    ],
)
def test_what_clients_end_or_write_wrongly_is_no_failure_of_whoever_was_asked(
    store: Store, error_type: str, words: str
) -> None:
    ended = [
        replace(call, call_id=f"ended {call.call_id}", ok=False, error_type=error_type)
        for call in calls(30, ago=HOUR / 2)
    ]
    save_traffic(store, [*calls(50, ago=48 * HOUR), *calls(30, ago=HOUR / 2), *ended])

    assert () == seen(store).findings
    (count,) = count_traffic(store)
    assert (110, 0, 30) == (count.n_calls, count.n_failed, count.n_refused)
    assert [words] == sorted({call.refusal for call in list_traffic(store) if call.refusal})
    totals = store_totals(store)
    assert ({("m:1b", True): 80}, 30) == (totals.calls, totals.n_refused)


def test_a_failure_of_no_type_is_a_failure(store: Store) -> None:
    failed = [replace(call, call_id=f"failed {call.call_id}", ok=False) for call in calls(30, ago=HOUR / 2)]
    save_traffic(store, [*calls(50, ago=48 * HOUR), *failed])

    assert seen(store).findings
    (count,) = count_traffic(store)
    assert (30, 0) == (count.n_failed, count.n_refused)
